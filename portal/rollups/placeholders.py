"""Leads that stand for posted lead_created events, until a lead of that id is posted."""

from typing import Any

from portal.core import bulk
from portal.core.db import Base
from portal.core.ids import new_id
from portal.rollups.scratch import Scratch

# One for each reference that no posted lead answers; told by its earliest event.
WANTED = """
SELECT DISTINCT ON (e.own_system, e.lead_ref) e.own_system, e.lead_ref, e.occurred_at,
  e.source, e.channel, e.owner, e.location,
  e.contact_system, e.contact_ref, e.campaign_system, e.campaign_ref
FROM (
  SELECT f.*, coalesce(nullif(f.lead_system, ''), f.system) AS own_system
  FROM funnel_events f JOIN marked m ON m.kind = 'lead' AND m.ref = f.lead_ref
  WHERE f.client_id = :client AND f.kind = 'lead_created' AND f.withdrawn_at IS NULL
    AND f.lead_ref <> ''
) e
LEFT JOIN (
  SELECT l.external_id, count(*) AS leads, array_agg(l.system) AS systems
  FROM leads l JOIN marked m ON m.kind = 'lead' AND m.ref = l.external_id
  WHERE l.client_id = :client AND NOT l.is_placeholder AND l.withdrawn_at IS NULL
  GROUP BY l.external_id
) posted ON posted.external_id = e.lead_ref
WHERE posted.leads IS NULL
  OR NOT (e.own_system = ANY(posted.systems) OR (e.lead_system = '' AND posted.leads = 1))
ORDER BY e.own_system, e.lead_ref, e.occurred_at, e.system, e.external_id
"""
KNOWN = """
SELECT l.system, l.external_id, l.id, l.withdrawn_at IS NULL
FROM leads l JOIN marked m ON m.kind = 'lead' AND m.ref = l.external_id
WHERE l.client_id = :client AND l.is_placeholder
"""
RENEW = """
UPDATE leads SET withdrawn_at = NULL, occurred_at = :occurred_at, source = :source,
  channel = :channel, owner = :owner, location = :location, contact_system = :contact_system,
  contact_ref = :contact_ref, campaign_system = :campaign_system, campaign_ref = :campaign_ref,
  changed_at = now()
WHERE client_id = :client AND id = :id AND is_placeholder
  AND (occurred_at, source, channel, owner, location, contact_system, contact_ref,
       campaign_system, campaign_ref, withdrawn_at IS NULL)
    IS DISTINCT FROM (:occurred_at, :source, :channel, :owner, :location, :contact_system,
       :contact_ref, :campaign_system, :campaign_ref, true)
"""
GIVE_WAY = """
UPDATE leads SET withdrawn_at = now(), changed_at = now()
WHERE client_id = :client AND id = ANY(:ids) AND is_placeholder
"""

CARRIED = (
    "occurred_at",
    "source",
    "channel",
    "owner",
    "location",
    "contact_system",
    "contact_ref",
    "campaign_system",
    "campaign_ref",
)
COLUMNS = (
    "client_id",
    "id",
    "system",
    "external_id",
    "version",
    "body",
    "body_hash",
    "received_at",
    "changed_at",
    "is_placeholder",
    *CARRIED,
)


def hold_places(work: Scratch) -> None:
    """Make, renew or withdraw the placeholders among the marked leads."""
    wanted = {(row[0], row[1]): tuple(row[2:]) for row in work.ask(WANTED)}
    known = {(row[0], row[1]): (row[2], row[3]) for row in work.ask(KNOWN)}
    new = [(*key, wanted[key]) for key in wanted if key not in known]
    _insert(work, new)
    for key in wanted.keys() & known.keys():
        values = dict(zip(CARRIED, wanted[key], strict=True))
        work.ask(RENEW, id=known[key][0], **values)
    idle = [found for key, (found, is_live) in known.items() if is_live and key not in wanted]
    if idle:
        work.run(GIVE_WAY, ids=idle)


def _insert(work: Scratch, new: list[tuple[Any, Any, tuple[Any, ...]]]) -> None:
    """Insert placeholders; a lead of that id that ingest posts meanwhile is left alone."""
    now = work.now
    rows = [
        (work.client_id, new_id(), system, ref, -1, "{}", b"", now, now, True, *carried)
        for system, ref, carried in new
    ]
    bulk.insert_new(work.connection, Base.metadata.tables["leads"], COLUMNS, rows, "id")
