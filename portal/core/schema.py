"""Which schema the database has, and which one this code needs; known without loading Alembic."""

from pathlib import Path

import sqlalchemy as sa

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def head() -> str:
    """Name of the newest migration: their files are numbered, and each is named by its id."""
    return max(names())


def names() -> list[str]:
    """Names of all migrations, oldest first."""
    return sorted(path.stem for path in (FOLDER / "versions").glob("[0-9]*.py"))


def current(connection: sa.Connection) -> str:
    """Name of the last migration that ran in this database, or an empty string."""
    known = sa.inspect(connection).has_table("alembic_version")
    found = known and connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return str(found or "")
