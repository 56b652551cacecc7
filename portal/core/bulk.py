"""
Many rows at once into a client table, as a role that row-level security binds.

Such a role may not COPY into the table. So rows are copied into a temporary table of the connection
and inserted from there in one statement. A few rows, and all rows on Citus, which refuses that
form, go as multi-row VALUES.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

FEW = 16
MOST_PARAMETERS = 60_000

Row = Sequence[Any]

_citus: WeakKeyDictionary[sa.Engine, bool] = WeakKeyDictionary()
_staged: WeakKeyDictionary[sa.RootTransaction, set[str]] = WeakKeyDictionary()


def insert(
    connection: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """
    Insert rows of one client whose keys nobody has.

    Args:
        connection: in a transaction that acts as the client.
        table: a client table.
        columns: names, `client_id` first.
        rows: values in that order; a document is its JSON text.
    """
    if not rows:
        return
    if len(rows) <= FEW or is_citus(connection):
        _by_values(connection, table, columns, rows, "")
        return
    _stage(connection, table, columns, rows)
    connection.exec_driver_sql(_from_stage(table, columns), (rows[0][0],))


def insert_new(
    connection: sa.Connection,
    table: sa.Table,
    columns: tuple[str, ...],
    rows: Sequence[Row],
    name: str,
) -> set[Any]:
    """
    Insert those rows whose key nobody has; give the others' values of column `name`.

    Only a few are known, most of the time, so these are what is worth sending back.
    """
    if not rows:
        return set()
    clause = f"ON CONFLICT DO NOTHING RETURNING {name}"
    if len(rows) <= FEW or is_citus(connection):
        at = columns.index(name)
        return {row[at] for row in rows} - _by_values(connection, table, columns, rows, clause)
    _stage(connection, table, columns, rows)
    stage = f"stage_{table.name}"
    sql = (
        f"WITH new AS ({_from_stage(table, columns)} {clause}) SELECT {name} FROM {stage}"  # noqa: S608
        f" WHERE NOT EXISTS (SELECT FROM new WHERE new.{name} = {stage}.{name})"
    )
    return set(connection.exec_driver_sql(sql, (rows[0][0],)).scalars())


def is_citus(connection: sa.Connection) -> bool:
    """Whether the database is a Citus coordinator."""
    engine = connection.engine
    if engine not in _citus:
        sql = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"
        _citus[engine] = bool(connection.exec_driver_sql(sql).scalar_one())
    return _citus[engine]


def _from_stage(table: sa.Table, columns: tuple[str, ...]) -> str:
    names = ", ".join(columns[1:])
    return (
        f"INSERT INTO {table.name} ({columns[0]}, {names})"  # noqa: S608 - our models' own names
        f" SELECT %s, {names} FROM stage_{table.name}"
    )


def _by_values(
    connection: sa.Connection,
    table: sa.Table,
    columns: tuple[str, ...],
    rows: Sequence[Row],
    clause: str,
) -> set[Any]:
    found: set[Any] = set()
    place = "(" + ", ".join(["%s"] * len(columns)) + ")"
    size = MOST_PARAMETERS // len(columns)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        sql = (
            f"INSERT INTO {table.name} ({', '.join(columns)})"  # noqa: S608 - our models' own names
            f" VALUES {', '.join([place] * len(part))} {clause}"
        )
        result = connection.exec_driver_sql(sql, tuple(value for row in part for value in row))
        found.update(result.scalars() if clause else ())
    return found


def _stage(
    connection: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Copy `rows` without their first column into the temporary table that stands for `table`."""
    name = f"stage_{table.name}"
    transaction = connection.get_transaction()
    staged = _staged.setdefault(transaction, set()) if transaction else set()
    if name in staged:
        connection.exec_driver_sql(f"DELETE FROM {name}")  # noqa: S608 - our models' own names
    else:
        connection.exec_driver_sql(_stage_ddl(table))
        staged.add(name)
    driver: Any = connection.connection.driver_connection
    copy_sql = f"COPY {name} ({', '.join(columns[1:])}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(copy_sql) as target:
        for row in rows:
            target.write_row(row[1:])


@lru_cache(maxsize=64)
def _stage_ddl(table: sa.Table) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    columns = ", ".join(
        f"{column.name} {column.type.compile(dialect)}"
        for column in table.columns
        if column.name != "client_id"
    )
    name = f"stage_{table.name}"
    return f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({columns}) ON COMMIT DELETE ROWS"
