"""
What leads and campaigns lend to the facts that refer to them.

Dimensions are joined when rolling up, never copied. So when what is lent changed since the last
sweep, every day of every fact that borrows it is rolled up again; else none is.
"""

from portal.rollups.expand import FACTS
from portal.rollups.scratch import DERIVED, Scratch

LENT = DERIVED["lent_dimensions"]

OLD_CAMPAIGNS = """
INSERT INTO old_lent_dimensions (kind, entity_id, value)
SELECT d.kind, d.entity_id, d.value FROM lent_dimensions d
JOIN (SELECT DISTINCT c.id FROM campaigns c
  JOIN marked m ON m.kind = 'campaign' AND m.ref = c.external_id WHERE c.client_id = :client) c
  ON c.id = d.entity_id
WHERE d.client_id = :client AND d.kind = 'campaign'
"""
NEW_CAMPAIGNS = """
INSERT INTO new_lent_dimensions (kind, entity_id, value)
SELECT 'campaign', c.id,
  CAST(jsonb_build_array(c.system, c.external_id, c.name, c.source, c.channel) AS text)
FROM campaigns c
WHERE c.client_id = :client AND c.withdrawn_at IS NULL
  AND c.external_id IN (SELECT ref FROM marked WHERE kind = 'campaign')
"""
MOVED_CAMPAIGNS = """
INSERT INTO moved_campaigns (id, ref)
SELECT DISTINCT c.id, c.external_id FROM campaigns c
JOIN changed_lent_dimensions d ON d.entity_id = c.id WHERE c.client_id = :client
"""

OLD_LEADS = """
INSERT INTO old_lent_dimensions (kind, entity_id, value)
SELECT d.kind, d.entity_id, d.value FROM lent_dimensions d
JOIN due_leads due ON due.id = d.entity_id
WHERE d.client_id = :client AND d.kind = 'lead'
"""
NEW_LEADS = """
INSERT INTO new_lent_dimensions (kind, entity_id, value)
SELECT 'lead', l.id, CAST(jsonb_build_array(l.source, l.channel, l.owner, l.location,
  l.campaign_ref, l.campaign_key, l.occurred_at) AS text)
FROM leads l JOIN due_leads due ON due.id = l.id
WHERE l.client_id = :client AND l.withdrawn_at IS NULL
"""
# A lead that lent nothing before has no older facts but those that were just linked to it.
STRETCHED_LEADS = """
INSERT INTO stretched_leads (id)
SELECT entity_id FROM changed_lent_dimensions WHERE NOT is_new
UNION SELECT lead_id FROM changed_lead_spans WHERE aspect = 'owner'
UNION SELECT l.id FROM leads l JOIN moved_campaigns c ON c.ref = l.campaign_ref
WHERE l.client_id = :client
"""
LEAD_MOMENTS = """
INSERT INTO moments (at) SELECT unnest(ARRAY[$instants]) FROM $table f
JOIN stretched_leads s ON s.id = f.$lead WHERE f.client_id = :client
"""
LEAD_SPEND = """
INSERT INTO moment_days (day) SELECT DISTINCT f.occurred_on FROM campaign_spend f
JOIN stretched_leads s ON s.id = f.lead_key WHERE f.client_id = :client
"""
CAMPAIGN_MOMENTS = """
INSERT INTO moments (at) SELECT unnest(ARRAY[$instants]) FROM $table f
JOIN moved_campaigns c ON c.ref = f.campaign_ref WHERE f.client_id = :client
"""
CAMPAIGN_SPEND = """
INSERT INTO moment_days (day) SELECT DISTINCT f.occurred_on FROM campaign_spend f
JOIN moved_campaigns c ON c.ref = f.campaign_ref WHERE f.client_id = :client
"""
OF_LEADS = (
    ("leads", "id", "occurred_at"),
    ("steps", "lead_id", "occurred_at"),
    ("lead_spans", "lead_id", "from_at, to_at"),
)


def compare_campaigns(work: Scratch) -> bool:
    """Find the marked campaigns that lend something else than before, and their facts' days."""
    work.run(OLD_CAMPAIGNS, "old_lent_dimensions")
    work.run(NEW_CAMPAIGNS, "new_lent_dimensions")
    if not work.replace(LENT):
        return False
    work.run(MOVED_CAMPAIGNS, "moved_campaigns")
    work.run(CAMPAIGN_SPEND)
    for table, instants in FACTS.items():
        if instants:
            work.run(CAMPAIGN_MOMENTS, table=table, instants=", ".join(instants))
    return True


def compare_leads(work: Scratch) -> None:
    """Find the due leads that lend something else than before, and their facts' days."""
    work.clear("old_lent_dimensions", "new_lent_dimensions", "changed_lent_dimensions")
    work.run(OLD_LEADS, "old_lent_dimensions")
    work.run(NEW_LEADS, "new_lent_dimensions")
    work.replace(LENT)
    if not work.run(STRETCHED_LEADS, "stretched_leads"):
        return
    work.run(LEAD_SPEND)
    of_facts = [(table, "lead_key", ", ".join(FACTS[table])) for table in FACTS if FACTS[table]]
    for table, lead, instants in [*OF_LEADS, *of_facts]:
        work.run(LEAD_MOMENTS, table=table, lead=lead, instants=instants)
