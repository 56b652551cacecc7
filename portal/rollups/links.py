"""
Which lead and campaign each fact means, found anew whenever the answer may have changed.

A reference resolves in its own system, else, when it names none, in the only system that has that
id. The way to the lead: lead_id, job, refunded payment, contact (that contact's latest lead not
after the fact). Facts that an open ingest holds are left to the next sweep, so that neither waits.
"""

from collections.abc import Sequence
from typing import cast

from portal.rollups.expand import FACTS, touch_payments
from portal.rollups.marks import mark_entities
from portal.rollups.scratch import Scratch

MOST_ROUNDS = 5
"""A refund of a refund of a …: further ones keep what they have."""

# A placeholder gives way to any lead that was really sent.
LEAD_NAMES = """
INSERT INTO lead_names (ref, system, id, is_placeholder, is_only)
SELECT l.external_id, l.system, l.id, l.is_placeholder,
  CASE WHEN count(*) FILTER (WHERE NOT l.is_placeholder) OVER same > 0
    THEN NOT l.is_placeholder AND count(*) FILTER (WHERE NOT l.is_placeholder) OVER same = 1
    ELSE count(*) OVER same = 1 END
FROM (SELECT DISTINCT lead_ref FROM $source WHERE lead_ref <> '') wanted
JOIN leads l ON l.external_id = wanted.lead_ref
WHERE l.client_id = :client AND l.withdrawn_at IS NULL
WINDOW same AS (PARTITION BY l.external_id)
"""
PEOPLE = """
INSERT INTO people (ref, system, id, at, tie, is_only_system)
WITH known AS (
  SELECT l.contact_ref AS ref, coalesce(nullif(l.contact_system, ''), l.system) AS system,
    l.id, l.occurred_at AS at, l.system || ' ' || l.external_id AS tie
  FROM (SELECT DISTINCT contact_ref FROM $source WHERE contact_ref <> '') wanted
  JOIN leads l ON l.contact_ref = wanted.contact_ref
  WHERE l.client_id = :client AND l.withdrawn_at IS NULL AND l.contact_ref <> ''
)
SELECT ref, system, id, at, tie,
  min(system) OVER (PARTITION BY ref) = max(system) OVER (PARTITION BY ref)
FROM known
"""
NAMES = """
INSERT INTO names (kind, ref, system, id, lead_key, is_only)
SELECT '$kind', x.external_id, x.system, x.id, x.lead_key,
  count(*) OVER (PARTITION BY x.external_id) = 1
FROM (SELECT DISTINCT $reference AS ref FROM $source WHERE $reference <> '') wanted
JOIN $table x ON x.external_id = wanted.ref
WHERE x.client_id = :client AND x.withdrawn_at IS NULL
"""
NAMED = (
    ("campaign", "campaigns", "campaign_ref"),
    ("job", "jobs", "job_ref"),
    ("payment", "payments", "refund_ref"),
)

LINK = """
INSERT INTO linked
  (origin, id, external_id, lead_ref, contact_ref, campaign_ref, lead_key, campaign_key)
SELECT t.origin, t.id, t.external_id, t.lead_ref, t.contact_ref, t.campaign_ref,
  found.lead_key, found.campaign_key
FROM $source t
LEFT JOIN lead_names own_lead
  ON own_lead.ref = t.lead_ref AND own_lead.system = coalesce(nullif(t.lead_system, ''), t.system)
LEFT JOIN lead_names only_lead
  ON only_lead.ref = t.lead_ref AND only_lead.is_only AND t.lead_system = ''
LEFT JOIN names own_campaign ON own_campaign.kind = 'campaign'
  AND own_campaign.ref = t.campaign_ref
  AND own_campaign.system = coalesce(nullif(t.campaign_system, ''), t.system)
LEFT JOIN names only_campaign ON only_campaign.kind = 'campaign'
  AND only_campaign.ref = t.campaign_ref AND only_campaign.is_only AND t.campaign_system = ''
LEFT JOIN names own_job ON own_job.kind = 'job'
  AND own_job.ref = t.job_ref AND own_job.system = coalesce(nullif(t.job_system, ''), t.system)
LEFT JOIN names only_job ON only_job.kind = 'job'
  AND only_job.ref = t.job_ref AND only_job.is_only AND t.job_system = ''
LEFT JOIN names own_paid ON own_paid.kind = 'payment' AND own_paid.ref = t.refund_ref
  AND own_paid.id <> t.id
  AND own_paid.system = coalesce(nullif(t.refund_system, ''), t.system)
LEFT JOIN names only_paid ON only_paid.kind = 'payment' AND only_paid.ref = t.refund_ref
  AND only_paid.id <> t.id AND only_paid.is_only AND t.refund_system = ''
LEFT JOIN (
  SELECT DISTINCT ON (f.origin, f.id) f.origin, f.id, p.id AS lead_id
  FROM $source f JOIN people p ON p.ref = f.contact_ref AND p.at <= f.at
    AND (p.system = coalesce(nullif(f.contact_system, ''), f.system)
      OR (f.contact_system = '' AND p.is_only_system))
  ORDER BY f.origin, f.id, p.at DESC, p.tie DESC
) by_contact ON by_contact.origin = t.origin AND by_contact.id = t.id
CROSS JOIN LATERAL (SELECT
  CASE WHEN t.origin <> 'leads' THEN coalesce(
    CASE WHEN own_lead.is_placeholder THEN coalesce(only_lead.id, own_lead.id)
      ELSE coalesce(own_lead.id, only_lead.id) END,
    CASE WHEN own_job.id IS NOT NULL THEN own_job.lead_key ELSE only_job.lead_key END,
    CASE WHEN own_paid.id IS NOT NULL THEN own_paid.lead_key ELSE only_paid.lead_key END,
    by_contact.lead_id) END AS lead_key,
  coalesce(own_campaign.id, only_campaign.id) AS campaign_key) found
WHERE t.origin = ANY(:origins) AND (t.lead_key IS DISTINCT FROM found.lead_key
  OR t.campaign_key IS DISTINCT FROM found.campaign_key)
"""
ORIGINS = "SELECT DISTINCT origin FROM linked"
KEEP = "INSERT INTO relinked SELECT * FROM linked"

LOCK = """
INSERT INTO locked (id)
SELECT f.id FROM $table f JOIN linked n ON n.origin = '$table' AND n.id = f.id
WHERE f.client_id = :client
FOR NO KEY UPDATE OF f SKIP LOCKED
"""
# The references are compared again: ingest may have changed them since, and marked the fact.
WRITE = """
UPDATE $table f SET lead_key = n.lead_key, campaign_key = n.campaign_key
FROM linked n JOIN locked USING (id)
WHERE f.client_id = :client AND n.origin = '$table' AND f.id = n.id
  AND f.lead_ref = n.lead_ref AND f.contact_ref = n.contact_ref
  AND f.campaign_ref = n.campaign_ref
"""
LEFT_OUT = """
SELECT n.origin, n.external_id, n.lead_ref, n.contact_ref, n.campaign_ref
FROM linked n LEFT JOIN locked USING (id)
WHERE n.origin = '$table' AND locked.id IS NULL
"""
ENTITIES = {"leads": "lead", "jobs": "job", "payments": "payment"}

MOMENTS = """
INSERT INTO moments (at) SELECT unnest(ARRAY[$instants]) FROM $table f
JOIN linked n ON n.origin = '$table' AND n.id = f.id WHERE f.client_id = :client
"""
SPEND_DAYS = """
INSERT INTO moment_days (day) SELECT DISTINCT f.occurred_on FROM campaign_spend f
JOIN linked n ON n.origin = 'campaign_spend' AND n.id = f.id WHERE f.client_id = :client
"""

# A payment whose job, or the payment that it refunds, found another lead, follows it.
JOB_FOLLOWERS = """
$fact JOIN relinked n ON n.origin = 'jobs' AND n.external_id = x.job_ref
LEFT JOIN touched t ON t.origin = 'payments' AND t.id = x.id
WHERE x.client_id = :client AND x.job_ref <> '' AND t.id IS NULL
"""
REFUND_FOLLOWERS = """
$fact JOIN linked n ON n.origin = 'payments' AND n.external_id = x.refund_of_ref
WHERE x.client_id = :client AND x.refund_of_ref <> ''
"""
# A refund has the dimensions of what it refunds, so it counts anew with it.
REFUND_MOMENTS = """
INSERT INTO moments (at) SELECT at FROM touched WHERE origin = 'payments' AND refund_ref <> ''
"""
FOLLOW = "INSERT INTO touched SELECT * FROM followers"


def link_facts(work: Scratch) -> None:
    """Link every touched fact anew; note the days of those whose link changed."""
    _round(work, "touched", ["leads", *(table for table in FACTS if table != "payments")])
    touch_payments(work, "touched", JOB_FOLLOWERS)
    _round(work, "touched", ["payments"])
    for _ in range(MOST_ROUNDS):
        work.clear("followers")
        if not touch_payments(work, "followers", REFUND_FOLLOWERS):
            break
        work.run(FOLLOW, "touched")
        _round(work, "followers", ["payments"])
    work.run(REFUND_MOMENTS)


def _round(work: Scratch, source: str, origins: Sequence[str]) -> None:
    """Link the facts of `origins` in the working table `source`."""
    work.clear("lead_names", "people", "names", "linked")
    work.run(LEAD_NAMES, "lead_names", source=source)
    work.run(PEOPLE, "people", source=source)
    for kind, table, reference in NAMED:
        work.run(NAMES, "names", kind=kind, table=table, reference=reference, source=source)
    if work.run(LINK, "linked", source=source, origins=list(origins)):
        work.run(KEEP, "relinked")
        for table in work.ask(ORIGINS).scalars().all():
            _write(work, str(table))


def _write(work: Scratch, table: str) -> None:
    work.clear("locked")
    work.run(LOCK, "locked", table=table)
    work.run(WRITE, table=table)
    if instants := ", ".join(FACTS.get(table, ("occurred_at",))):
        work.run(MOMENTS, table=table, instants=instants)
    else:
        work.run(SPEND_DAYS)
    _mark_again(work, cast("Sequence[tuple[str, ...]]", work.ask(LEFT_OUT, table=table).all()))


def _mark_again(work: Scratch, left_out: Sequence[tuple[str, ...]]) -> None:
    """Leave what another transaction holds to the next sweep."""
    pairs = set()
    for origin, external_id, lead, contact, campaign in left_out:
        pairs |= {("lead", lead), ("contact", contact), ("campaign", campaign)}
        pairs.add((ENTITIES.get(origin, ""), external_id if origin in ENTITIES else ""))
    mark_entities(work.connection, work.client_id, pairs)
