"""
The lead and campaign of a new fact, where they are plain: known already, in the key's own system.

Only a hint, which saves the sweep from writing each fact a second time: `rollups.links` knows all
the rules and corrects what is wrong or missing.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from portal.ingest.kinds.kind import FactKind
from portal.ingest.rows import Row, columns
from portal.rollups.known import known

COLUMNS = ("lead_key", "campaign_key")


def link(connection: sa.Connection, kind: FactKind, rows: Sequence[Row]) -> list[Row]:
    """Add lead and campaign to each row of one client and system; None where it is not plain."""
    if not rows:
        return []
    nothing: list[UUID | None] = [None] * len(rows)
    is_owner = kind.key in {"leads", "campaigns"}
    leads = nothing if is_owner else _found(connection, kind, rows, "lead")
    campaigns = nothing if kind.key == "campaigns" else _found(connection, kind, rows, "campaign")
    return [(*row, *keys) for row, *keys in zip(rows, leads, campaigns, strict=True)]


def _found(
    connection: sa.Connection, kind: FactKind, rows: Sequence[Row], entity: str
) -> list[UUID | None]:
    names = columns(kind)
    system, ref = names.index(f"{entity}_system"), names.index(f"{entity}_ref")
    client_id, own = rows[0][0], rows[0][2]
    # A reference that names a system is not plain.
    wanted = ["" if row[system] else str(row[ref]) for row in rows]
    table: Literal["leads", "campaigns"] = "leads" if entity == "lead" else "campaigns"
    ids = known(connection, client_id, table, own, {one for one in wanted if one})
    return [ids.get(one) for one in wanted]
