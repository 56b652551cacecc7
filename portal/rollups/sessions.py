"""Sessions: runs of one actor's product events with no gap of thirty minutes."""

from portal.rollups.scratch import DERIVED, Scratch

SESSIONS = DERIVED["product_sessions"]

OLD = """
INSERT INTO old_product_sessions (actor, started_at, ended_at, events)
SELECT s.actor, s.started_at, s.ended_at, s.events FROM product_sessions s
JOIN due_actors d ON d.actor = s.actor WHERE s.client_id = :client
"""
NEW = """
INSERT INTO new_product_sessions (actor, started_at, ended_at, events)
SELECT actor, min(occurred_at), max(occurred_at), count(*) FROM (
  SELECT actor, occurred_at,
    count(*) FILTER (WHERE is_start) OVER (PARTITION BY actor ORDER BY occurred_at) AS run
  FROM (
    SELECT e.actor, e.occurred_at, coalesce(e.occurred_at - lag(e.occurred_at)
      OVER (PARTITION BY e.actor ORDER BY e.occurred_at) >= interval '30 minutes', true) AS is_start
    FROM events e JOIN due_actors d ON d.actor = e.actor
    WHERE e.client_id = :client AND e.actor <> ''
  ) gaps
) runs
GROUP BY actor, run
"""


def rebuild_sessions(work: Scratch) -> None:
    """Rebuild the sessions of the due actors."""
    work.run(OLD, "old_product_sessions")
    work.run(NEW, "new_product_sessions")
    work.replace(SESSIONS)
