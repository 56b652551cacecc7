"""Facts that are there already: found, locked, changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from portal.core import bulk
from portal.core.calendar import Calendar
from portal.core.db import Base
from portal.ingest import rows, versions
from portal.ingest.fold import History
from portal.ingest.kinds.kind import FactKind, Version

VERSION_COLUMNS = (
    "client_id",
    "fact_id",
    "version",
    "kind",
    "body",
    "body_hash",
    "is_withdrawal",
    "received_at",
)


class Key(NamedTuple):
    """Whose ids are meant."""

    client_id: UUID
    system: str


@dataclass
class Stored:
    """A fact's row, locked, with all its versions."""

    id: UUID
    external_id: str
    history: History
    has_history: bool
    is_placeholder: bool

    def versions_to_keep(self) -> Iterator[tuple[UUID, Version]]:
        """Give what must go into fact_versions once `history` has taken something in."""
        if len(self.history.versions) > 1:
            kept = self.history.added if self.has_history else self.history.versions
            yield from ((self.id, version) for version in kept)


def newest(
    connection: sa.Connection, kind: FactKind, key: Key, ids: Sequence[str]
) -> dict[str, tuple[int, bytes]]:
    """Give number and hash of the newest version of facts that are not withdrawn, by id."""
    sql = f"""
        SELECT external_id, version, body_hash FROM {kind.key}
        WHERE client_id = %s AND system = %s AND external_id = ANY(%s) AND withdrawn_at IS NULL
        {_no_placeholder(kind)}"""  # noqa: S608 - our models' own names
    found = connection.exec_driver_sql(sql, (*key, list(ids)))
    return {id_: (number, bytes(hash_)) for id_, number, hash_ in found}


def lock(connection: sa.Connection, kind: FactKind, key: Key, ids: Sequence[str]) -> list[Stored]:
    """Lock facts in the order of their ids and read their versions."""
    if not ids:
        return []
    placeholder = "is_placeholder" if kind.has_placeholders else "false"
    sql = f"""
        SELECT id, external_id, version, body, body_hash, has_history, received_at,
               {placeholder} AS is_placeholder
        FROM {kind.key}
        WHERE client_id = %s AND system = %s AND external_id = ANY(%s)
        ORDER BY external_id FOR NO KEY UPDATE"""  # noqa: S608 - our models' own names
    found = connection.exec_driver_sql(sql, (*key, list(ids))).all()
    kept = _kept(connection, key.client_id, [row.id for row in found if row.has_history])
    made = []
    for row in found:
        own = kept.get(row.id, [])
        if not row.has_history and not row.is_placeholder:
            own = [versions.kept(row.version, row.body, bytes(row.body_hash), row.received_at)]
        made.append(
            Stored(row.id, row.external_id, History(kind, own), row.has_history, row.is_placeholder)
        )
    return made


def row_of(kind: FactKind, calendar: Calendar, key: Key, fact: Stored) -> rows.Row:
    """Give the row as it is stored now."""
    identity = (key.client_id, fact.id, key.system, fact.external_id)
    return rows.build(kind, calendar, identity, fact.history, fact.history.received_at)


def keep_versions(
    connection: sa.Connection,
    client_id: UUID,
    kind: FactKind,
    kept: Sequence[tuple[UUID, Version]],
) -> None:
    """Add versions to the trail of their facts."""
    made = [
        (
            client_id,
            fact_id,
            one.number,
            kind.key,
            (one.encoded or versions.canonical(one.body)).decode(),
            one.hash,
            one.is_withdrawal,
            one.received_at,
        )
        for fact_id, one in kept
    ]
    bulk.insert(connection, Base.metadata.tables["fact_versions"], VERSION_COLUMNS, made)


def change(connection: sa.Connection, kind: FactKind, changed: Sequence[rows.Row]) -> None:
    """Write the rows of facts that are there; each starts with its identity."""
    if not changed:
        return
    names = rows.columns(kind)
    places = ", ".join(f"{name} = %s" for name in names[4:])
    # Another campaign is not linked until the sweep says to which.
    places += ", campaign_key = CASE WHEN (campaign_system, campaign_ref) = (%s, %s)"
    places += " THEN campaign_key END"
    system, ref = names.index("campaign_system"), names.index("campaign_ref")
    if kind.has_placeholders:
        places += ", is_placeholder = false"
    sql = f"UPDATE {kind.key} SET {places} WHERE client_id = %s AND id = %s"  # noqa: S608
    values = [(*row[4:], row[system], row[ref], row[0], row[1]) for row in changed]
    connection.exec_driver_sql(sql, values)


def _kept(
    connection: sa.Connection, client_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, list[Version]]:
    found: dict[UUID, list[Version]] = {}
    if not ids:
        return found
    sql = """
        SELECT fact_id, version, body, body_hash, received_at, is_withdrawal FROM fact_versions
        WHERE client_id = %s AND fact_id = ANY(%s)"""
    for row in connection.exec_driver_sql(sql, (client_id, list(ids))):
        found.setdefault(row.fact_id, []).append(_version(row))
    return found


def _version(row: Any) -> Version:
    received_at: datetime = row.received_at
    return Version(
        number=row.version,
        body=row.body,
        encoded=b"",
        hash=bytes(row.body_hash),
        received_at=received_at,
        is_withdrawal=row.is_withdrawal,
    )


def _no_placeholder(kind: FactKind) -> str:
    return "AND NOT is_placeholder" if kind.has_placeholders else ""
