"""
Who did what a browser did before it was known: the actor of each product event.

The user of the event; else the first user whom the anonymous id was identified or aliased with, up
to thirty days later than the event; else the anonymous id.
"""

from portal.rollups.scratch import DERIVED, Scratch

ACTORS = DERIVED["actors"]

OLD = """
INSERT INTO old_actors (anonymous_id, user_id, known_at)
SELECT a.anonymous_id, a.user_id, a.known_at FROM actors a
JOIN marked m ON m.kind = 'actor' AND m.ref = a.anonymous_id WHERE a.client_id = :client
"""
NEW = """
INSERT INTO new_actors (anonymous_id, user_id, known_at)
SELECT DISTINCT ON (anonymous_id) anonymous_id, user_id, occurred_at FROM (
  SELECT e.anonymous_id, e.user_id, e.occurred_at, e.system, e.message_id
  FROM events e JOIN marked m ON m.kind = 'actor' AND m.ref = e.anonymous_id
  WHERE e.client_id = :client AND e.type = 'identify' AND e.user_id <> ''
  UNION ALL
  SELECT e.previous_id, e.user_id, e.occurred_at, e.system, e.message_id
  FROM events e JOIN marked m ON m.kind = 'actor' AND m.ref = e.previous_id
  WHERE e.client_id = :client AND e.type = 'alias' AND e.user_id <> ''
) met
WHERE anonymous_id <> '' AND anonymous_id <> user_id
ORDER BY anonymous_id, occurred_at, system, message_id
"""
# Its events stand under the anonymous id, or under the user whom it was thought to be.
STANDING = """
INSERT INTO standing (anonymous_id, actor)
SELECT ref, ref FROM marked WHERE kind = 'actor'
UNION SELECT anonymous_id, user_id FROM old_actors
"""
RENAME = """
WITH found AS (
  SELECT e.system, e.message_id, e.actor AS was, CASE
    WHEN e.occurred_at >= a.known_at - interval '720 hours' THEN a.user_id
    ELSE e.anonymous_id END AS actor
  FROM standing s JOIN events e ON e.actor = s.actor AND e.anonymous_id = s.anonymous_id
  LEFT JOIN new_actors a ON a.anonymous_id = e.anonymous_id
  WHERE e.client_id = :client AND e.user_id = ''
), renamed AS (
  UPDATE events e SET actor = f.actor FROM found f
  WHERE e.client_id = :client AND e.system = f.system AND e.message_id = f.message_id
    AND e.actor <> f.actor
  RETURNING e.occurred_at, f.was, f.actor
), remembered AS (
  INSERT INTO moments (at) SELECT occurred_at FROM renamed
)
INSERT INTO due_actors (actor) SELECT was FROM renamed UNION SELECT actor FROM renamed
"""
DUE = """
INSERT INTO due_actors (actor)
SELECT ref FROM marked WHERE kind = 'actor'
UNION SELECT user_id FROM new_actors
EXCEPT SELECT actor FROM due_actors
"""


def resolve_actors(work: Scratch) -> None:
    """Find who the marked anonymous ids became, and give their events to them."""
    work.run(OLD, "old_actors")
    work.run(NEW, "new_actors")
    work.replace(ACTORS)
    work.run(STANDING, "standing")
    work.run(RENAME, "due_actors")
    work.run(DUE, "due_actors")
