"""What a reference means right now: a hint for ingest, which saves the sweep a second write."""

from collections.abc import Collection
from string import Template
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

KNOWN = """
SELECT external_id, id FROM $table
WHERE client_id = :client AND system = :system AND external_id = ANY(:refs)
  AND withdrawn_at IS NULL $also
"""
ALSO = {"leads": "AND NOT is_placeholder", "campaigns": ""}


def known(
    connection: sa.Connection,
    client_id: UUID,
    table: Literal["leads", "campaigns"],
    system: str,
    refs: Collection[str],
) -> dict[str, UUID]:
    """Find the leads or campaigns of one system by its ids; those not there are left out."""
    if not refs:
        return {}
    sql = sa.text(Template(KNOWN).substitute(table=table, also=ALSO[table]))
    binds = {"client": client_id, "system": system, "refs": sorted(set(refs))}
    rows = connection.execute(sql, binds)
    return {row[0]: row[1] for row in rows}
