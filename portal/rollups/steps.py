"""
The steps of each lead: one owner tells each happening.

Owners first (leads, messages and calls, jobs, payments), then posted events that no owner tells,
then what a lead's stage means where neither an owner nor an event of that kind exists.
"""

from portal.rollups.scratch import DERIVED, Scratch

STEPS = DERIVED["steps"]
COLUMNS = ", ".join(STEPS.columns)
X_COLUMNS = ", ".join(f"x.{name}" for name in STEPS.columns)
OWNERS = ["leads", "messages", "calls", "jobs", "payments"]

OLD = f"""
INSERT INTO old_steps ({COLUMNS})
SELECT {X_COLUMNS} FROM steps x JOIN due_leads due ON due.id = x.lead_id
WHERE x.client_id = :client AND x.origin = ANY(:origins)
UNION
SELECT {X_COLUMNS} FROM steps x JOIN touched t ON t.origin = x.origin AND t.id = x.origin_id
WHERE x.client_id = :client AND x.origin = ANY(:origins)
"""  # noqa: S608 - our own column names

ADD = f"INSERT INTO new_steps ({COLUMNS}) "

LIVE_LEADS = """
INSERT INTO live_leads (id, at)
SELECT l.id, l.occurred_at FROM leads l JOIN due_leads due ON due.id = l.id
WHERE l.client_id = :client AND l.withdrawn_at IS NULL
"""
DUE_FACTS = """
INSERT INTO due_facts (origin, id)
SELECT '$table', x.id FROM $table x JOIN due_leads due ON due.id = x.lead_key
WHERE x.client_id = :client AND x.lead_key IS NOT NULL
UNION SELECT origin, id FROM touched WHERE origin = '$table'
"""
OF_LEADS = """
SELECT 'leads', id, 'lead_created', id, at, NULL, '', '', false FROM live_leads
"""
FIRST_RESPONSES = """
SELECT DISTINCT ON (lead_id)
  origin, id, 'first_response', lead_id, at, CAST(NULL AS bigint), '', '', false
FROM (
  SELECT 'messages' AS origin, m.id, m.lead_key AS lead_id, m.sent_at AS at,
    m.system || ' ' || m.external_id AS tie
  FROM messages m JOIN live_leads l ON l.id = m.lead_key AND m.sent_at > l.at
  WHERE m.client_id = :client AND m.withdrawn_at IS NULL AND m.direction = 'outbound'
    AND m.sender IN ('ai', 'person') AND m.sent_at IS NOT NULL
  UNION ALL
  SELECT 'calls', c.id, c.lead_key, c.occurred_at, c.system || ' ' || c.external_id
  FROM calls c JOIN live_leads l ON l.id = c.lead_key AND c.occurred_at > l.at
  WHERE c.client_id = :client AND c.withdrawn_at IS NULL AND c.direction = 'outbound'
    AND c.outcome = 'answered'
) answer
ORDER BY lead_id, at, origin, tie
"""
# A won job counts once, whatever became of it; a cancellation takes its value back on its own day.
OF_JOBS = """
SELECT 'jobs', j.id, told.kind, j.lead_key, told.at, told.value, j.currency, j.product, false
FROM jobs j
JOIN due_facts due ON due.origin = 'jobs' AND due.id = j.id
CROSS JOIN LATERAL (SELECT CASE
  WHEN j.status IN ('won', 'completed') THEN coalesce(j.won_at, j.completed_at, j.occurred_at)
  WHEN j.status = 'cancelled' THEN j.won_at END AS won_at) w
CROSS JOIN LATERAL (VALUES
  ('job_won', w.won_at, j.value_minor),
  ('job_lost', CASE WHEN j.status = 'lost' THEN coalesce(j.lost_at, j.occurred_at) END, NULL),
  ('job_cancelled', CASE WHEN j.status = 'cancelled' AND w.won_at IS NOT NULL
    THEN coalesce(j.cancelled_at, w.won_at) END, -j.value_minor)
) AS told(kind, at, value)
WHERE j.client_id = :client AND j.withdrawn_at IS NULL AND told.at IS NOT NULL
"""
OF_PAYMENTS = """
SELECT 'payments', p.id, 'payment_received', p.lead_key, p.occurred_at, p.amount_minor, p.currency,
  p.product, false
FROM payments p
JOIN due_facts due ON due.origin = 'payments' AND due.id = p.id
WHERE p.client_id = :client AND p.withdrawn_at IS NULL AND p.amount_minor >= 0
"""

# An event that names the fact it speaks of is told by that fact, if the fact tells such a step.
OF_EVENTS = """
SELECT 'funnel_events', e.id, e.kind, e.lead_key, e.occurred_at, e.value_minor, e.currency, '',
  false
FROM funnel_events e
JOIN due_facts due ON due.origin = 'funnel_events' AND due.id = e.id
WHERE e.client_id = :client AND e.withdrawn_at IS NULL AND e.kind <> 'lead_created'
  AND NOT EXISTS (SELECT FROM told WHERE told.event_id = e.id)
"""
TOLD = """
INSERT INTO told (event_id)
SELECT e.id
FROM funnel_events e
JOIN due_facts due ON due.origin = 'funnel_events' AND due.id = e.id
JOIN $table o ON o.client_id = :client AND o.external_id = e.ref_id AND o.withdrawn_at IS NULL
JOIN steps s ON s.client_id = :client AND s.origin = '$table' AND s.origin_id = o.id
  AND s.kind = e.kind
WHERE e.client_id = :client AND e.ref_id <> '' AND e.ref_kind IN ('$table', rtrim('$table', 's'))
  AND (o.system = coalesce(nullif(e.ref_system, ''), e.system)
    OR (e.ref_system = '' AND NOT EXISTS (SELECT FROM $table other
      WHERE other.client_id = :client AND other.external_id = e.ref_id
        AND other.withdrawn_at IS NULL AND other.id <> o.id)))
"""

STAGES = """
SELECT 'stages', s.lead_id, meant.step, s.lead_id, min(s.from_at),
  CASE WHEN meant.step = 'job_won' THEN min(l.value_minor) END,
  CASE WHEN meant.step = 'job_won' THEN min(l.currency) ELSE '' END, '', false
FROM lead_spans s JOIN due_leads due ON due.id = s.lead_id
JOIN leads l ON l.client_id = :client AND l.id = s.lead_id
JOIN unnest(CAST(:stages AS text[]), CAST(:steps AS text[]),
  CAST(:from_ats AS timestamptz[]), CAST(:to_ats AS timestamptz[]))
  AS meant(stage, step, from_at, to_at)
  ON meant.stage = s.value AND s.from_at >= meant.from_at AND s.from_at < meant.to_at
WHERE s.client_id = :client AND s.aspect = 'stage' AND meant.step <> ''
  AND NOT EXISTS (SELECT FROM rivals o WHERE o.lead_id = s.lead_id AND o.kind = meant.step)
GROUP BY s.lead_id, meant.step
"""
RIVALS = """
INSERT INTO rivals (lead_id, kind, origin_id, value_minor, at)
SELECT lead_id, kind, origin_id, value_minor, occurred_at FROM new_steps WHERE lead_id IS NOT NULL
"""
DOUBT = """
UPDATE new_steps SET is_doubtful = true WHERE origin_id IN (
  SELECT n.origin_id FROM new_steps n
  JOIN funnel_events e ON e.client_id = :client AND e.id = n.origin_id AND e.ref_id = ''
  JOIN rivals r ON r.lead_id = n.lead_id AND r.kind = n.kind AND r.origin_id <> n.origin_id
    AND r.value_minor IS NOT DISTINCT FROM n.value_minor
    AND r.at BETWEEN n.occurred_at - interval '24 hours' AND n.occurred_at + interval '24 hours')
"""


# What became of a lead is also counted on the lead's own day.
COHORT_MOMENTS = """
INSERT INTO moments (at) SELECT l.occurred_at FROM leads l
JOIN changed_steps c ON c.lead_id = l.id
WHERE l.client_id = :client
"""


def rebuild_steps(work: Scratch, meanings: dict[str, list[object]]) -> None:
    """
    Rebuild the steps of the due leads and of touched facts that have no lead.

    Args:
        work: the client's unit of work; spans are already rebuilt.
        meanings: which stage means which step from when to when, as parallel lists.
    """
    work.run(LIVE_LEADS, "live_leads")
    for table in ("jobs", "payments", "funnel_events"):
        work.run(DUE_FACTS, "due_facts", table=table)
    _begin(work, OWNERS)
    for told in (OF_LEADS, FIRST_RESPONSES, OF_JOBS, OF_PAYMENTS):
        work.run(ADD + told, "new_steps")
    work.run(RIVALS, "rivals")
    _finish(work)
    _begin(work, ["funnel_events"])
    for table in OWNERS[1:]:
        work.run(TOLD, "told", table=table)
    if work.run(ADD + OF_EVENTS, "new_steps"):
        work.run(RIVALS, "rivals")
        work.run(DOUBT)
    _finish(work)
    _begin(work, ["stages"])
    work.run(ADD + STAGES, "new_steps", **meanings)
    _finish(work)


def _begin(work: Scratch, origins: list[str]) -> None:
    work.clear("old_steps", "new_steps", "changed_steps")
    work.run(OLD, "old_steps", origins=origins)


def _finish(work: Scratch) -> None:
    if work.replace(STEPS):
        work.run(COHORT_MOMENTS)
