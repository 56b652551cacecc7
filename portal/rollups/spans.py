"""
When each lead was in which stage, and with which owner.

From every version of the lead and from stage changes. A stage is dated by `stage_at`, else
`updated_at`, else `occurred_at` for the first version, else receipt (estimated); an owner likewise,
without `stage_at`. Sorted by instant and version; repeats are dropped.
"""

from portal.rollups.scratch import DERIVED, Scratch

SPANS = DERIVED["lead_spans"]

OLD = """
INSERT INTO old_lead_spans (lead_id, aspect, from_at, to_at, value, is_estimated)
SELECT s.lead_id, s.aspect, s.from_at, s.to_at, s.value, s.is_estimated
FROM lead_spans s JOIN due_leads due ON due.id = s.lead_id WHERE s.client_id = :client
"""
NEW = """
INSERT INTO new_lead_spans (lead_id, aspect, from_at, to_at, value, is_estimated)
WITH versions AS (
  SELECT l.id, l.occurred_at, l.version, l.body, l.received_at, true AS is_first
  FROM leads l JOIN due_leads due ON due.id = l.id
  WHERE l.client_id = :client AND l.withdrawn_at IS NULL AND NOT l.has_history
  UNION ALL
  SELECT l.id, l.occurred_at, v.version, v.body, v.received_at,
    v.version = min(v.version) FILTER (WHERE NOT v.is_withdrawal) OVER (PARTITION BY l.id)
  FROM leads l JOIN due_leads due ON due.id = l.id
  JOIN fact_versions v ON v.client_id = :client AND v.fact_id = l.id AND v.kind = 'leads'
  WHERE l.client_id = :client AND l.withdrawn_at IS NULL AND l.has_history
    AND NOT v.is_withdrawal
), dated AS (
  SELECT id, version, coalesce(body ->> 'stage', '') AS stage,
    coalesce(body ->> 'owner', '') AS owner,
    body ? 'stage' AS has_stage, body ? 'owner' AS has_owner,
    CAST(body ->> 'stage_at' AS timestamptz) AS stage_at,
    coalesce(CAST(body ->> 'updated_at' AS timestamptz), CASE WHEN is_first
      THEN coalesce(CAST(body ->> 'occurred_at' AS timestamptz), occurred_at) END) AS said_at,
    received_at
  FROM versions
), entries AS (
  SELECT id AS lead_id, 'stage' AS aspect, coalesce(stage_at, said_at, received_at) AS at,
    version, stage AS value, coalesce(stage_at, said_at) IS NULL AS is_estimated
  FROM dated WHERE has_stage
  UNION ALL
  SELECT id, 'owner', coalesce(said_at, received_at), version, owner, said_at IS NULL
  FROM dated WHERE has_owner
  UNION ALL
  SELECT c.lead_key, 'stage', c.occurred_at, c.version, c.stage, false
  FROM stage_changes c JOIN due_leads due ON due.id = c.lead_key
  JOIN leads l ON l.client_id = :client AND l.id = c.lead_key AND l.withdrawn_at IS NULL
  WHERE c.client_id = :client AND c.withdrawn_at IS NULL
), single AS (
  SELECT DISTINCT ON (lead_id, aspect, at) * FROM entries
  ORDER BY lead_id, aspect, at, version DESC, value DESC, is_estimated
), turning AS (
  SELECT *, lag(value) OVER (PARTITION BY lead_id, aspect ORDER BY at) AS before FROM single
), ranged AS (
  SELECT lead_id, aspect, at, lead(at) OVER (PARTITION BY lead_id, aspect ORDER BY at) AS to_at,
    value, is_estimated
  FROM turning WHERE value IS DISTINCT FROM before
)
SELECT lead_id, aspect, at, to_at, value, is_estimated FROM ranged WHERE value <> ''
"""


def rebuild_spans(work: Scratch) -> None:
    """Rebuild the stage and owner history of the due leads."""
    work.run(OLD, "old_lead_spans")
    work.run(NEW, "new_lead_spans")
    work.replace(SPANS)
