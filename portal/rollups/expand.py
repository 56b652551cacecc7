"""From marks to what must be rebuilt: the facts, leads and conversations that they touch."""

from string import Template

from portal.rollups.scratch import Scratch

FACTS = {
    "stage_changes": ("occurred_at",),
    "messages": ("occurred_at", "sent_at"),
    "calls": ("occurred_at",),
    "funnel_events": ("occurred_at",),
    "jobs": ("occurred_at", "won_at", "lost_at", "completed_at", "cancelled_at"),
    "payments": ("occurred_at",),
    "usage_costs": ("occurred_at",),
    "campaign_spend": (),
}
"""The kinds of fact that belong to a lead, and the instants that date what they count."""

# The oldest marks, and all others of the same entities: an entity is rebuilt once.
TAKE = """
WITH due AS MATERIALIZED (
  SELECT DISTINCT kind, ref FROM (
    SELECT kind, ref FROM entity_marks WHERE client_id = :client ORDER BY id LIMIT :most
  ) oldest
), gone AS (
  DELETE FROM entity_marks m USING due
  WHERE m.client_id = :client AND m.kind = due.kind AND m.ref = due.ref
)
INSERT INTO marked (kind, ref) SELECT kind, ref FROM due
"""

NAMED_LEADS = """
INSERT INTO marked_leads (id)
SELECT l.id FROM leads l JOIN marked m ON m.kind = 'lead' AND m.ref = l.external_id
WHERE l.client_id = :client
"""
# Whose lead changed, that person's facts may now belong to another lead.
THEIR_CONTACTS = """
INSERT INTO marked (kind, ref)
SELECT DISTINCT 'contact', l.contact_ref FROM leads l JOIN marked_leads k ON k.id = l.id
WHERE l.client_id = :client AND l.contact_ref <> ''
EXCEPT SELECT kind, ref FROM marked WHERE kind = 'contact'
"""

TOUCH = """
INSERT INTO $into (origin, id, at, system, external_id, lead_system, lead_ref,
  contact_system, contact_ref, campaign_system, campaign_ref, lead_key, campaign_key,
  job_system, job_ref, refund_system, refund_ref)
$found
"""
FACT = """
SELECT '$table', x.id, x.occurred_at, x.system, x.external_id, x.lead_system, x.lead_ref,
  x.contact_system, x.contact_ref, x.campaign_system, x.campaign_ref, x.lead_key, x.campaign_key,
  $job
FROM $table x
"""
NO_JOB = "'', '', '', ''"
JOB = "x.job_system, x.job_ref, x.refund_of_system, x.refund_of_ref"
BY_LEAD = """
$fact JOIN marked m ON m.kind = 'lead' AND m.ref = x.lead_ref
WHERE x.client_id = :client AND x.lead_ref <> ''
UNION
$fact JOIN marked_leads k ON k.id = x.lead_key
WHERE x.client_id = :client AND x.lead_key IS NOT NULL
UNION
$fact JOIN marked m ON m.kind = 'contact' AND m.ref = x.contact_ref
WHERE x.client_id = :client AND x.contact_ref <> ''
"""
BY_CAMPAIGN = """
$fact JOIN marked m ON m.kind = 'campaign' AND m.ref = x.campaign_ref
WHERE x.client_id = :client AND x.campaign_ref <> '' AND x.campaign_key IS NULL
"""
# A scan: no index holds it, for a campaign itself changes seldom.
BY_MOVED_CAMPAIGN = """
$fact JOIN moved_campaigns c ON c.ref = x.campaign_ref
WHERE x.client_id = :client AND x.campaign_ref <> ''
"""
BY_ID = """
$fact JOIN marked m ON m.kind = '$kind' AND m.ref = x.external_id
WHERE x.client_id = :client
"""
BY_REFERENCE = """
$fact JOIN marked m ON m.kind = '$kind' AND m.ref = x.$reference
WHERE x.client_id = :client AND x.$reference <> ''
"""
# A posted event that speaks of a fact is judged again with it.
BY_SUBJECT = """
$fact JOIN touched t ON t.external_id = x.ref_id AND t.origin IN (x.ref_kind, x.ref_kind || 's')
WHERE x.client_id = :client AND x.ref_id <> ''
"""
MORE: dict[str, list[tuple[str, dict[str, str]]]] = {
    "leads": [(BY_ID, {"kind": "lead"})],
    "jobs": [(BY_ID, {"kind": "job"})],
    "payments": [
        (BY_ID, {"kind": "payment"}),
        (BY_REFERENCE, {"kind": "job", "reference": "job_ref"}),
        (BY_REFERENCE, {"kind": "payment", "reference": "refund_of_ref"}),
    ],
    "funnel_events": [(BY_SUBJECT, {})],
}

DUE_LEADS = """
INSERT INTO due_leads (id)
SELECT id FROM marked_leads
UNION SELECT lead_key FROM touched WHERE lead_key IS NOT NULL
UNION SELECT lead_key FROM relinked WHERE lead_key IS NOT NULL
UNION SELECT id FROM touched WHERE origin = 'leads'
"""
DUE_CONVERSATIONS = """
INSERT INTO due_conversations (conversation)
SELECT ref FROM marked WHERE kind = 'conversation'
UNION
SELECT f.conversation FROM messages f JOIN relinked n ON n.origin = 'messages' AND n.id = f.id
WHERE f.client_id = :client AND f.conversation <> ''
"""


def take_marks(work: Scratch, most: int) -> int:
    """Delete the client's oldest entity marks and keep what they name; return how many entities."""
    return work.run(TAKE, "marked", most=most)


def name_leads(work: Scratch) -> None:
    """Find the leads that are marked, and mark their contacts."""
    work.run(NAMED_LEADS, "marked_leads")
    work.run(THEIR_CONTACTS, "marked")


def touch_facts(work: Scratch, *, has_moved: bool) -> None:
    """
    Collect every fact whose links or derived rows the marks may change.

    Args:
        work: the client's unit of work.
        has_moved: a campaign appeared, changed or went: its facts are looked for by a scan.
    """
    campaigns = [BY_CAMPAIGN, BY_MOVED_CAMPAIGN] if has_moved else [BY_CAMPAIGN]
    for table in ("leads", *sorted(FACTS, key=lambda name: name == "funnel_events")):
        ways = [*campaigns] if table == "leads" else [BY_LEAD, *campaigns]
        ways += [Template(way).safe_substitute(words) for way, words in MORE.get(table, [])]
        work.run(_fill(table, " UNION ".join(ways)), into="touched")
    work.analyze("touched")


def collect_due(work: Scratch) -> None:
    """Note the leads and conversations whose derived rows must be rebuilt."""
    work.run(DUE_LEADS, "due_leads")
    work.run(DUE_CONVERSATIONS, "due_conversations")


def touch_payments(work: Scratch, into: str, way: str) -> int:
    """Collect the payments that `way` finds into a working table."""
    return work.run(_fill("payments", way), into, into=into)


def _fill(table: str, found: str) -> str:
    job = JOB if table == "payments" else NO_JOB
    text = TOUCH.replace("$found", found.replace("$fact", FACT))
    return Template(text).safe_substitute(table=table, job=job)
