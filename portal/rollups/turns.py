"""
Turns: from the first unanswered inbound message of a conversation to the first answer.

A burst of questions is one turn. An answer is an outbound message of AI or a person that was sent
strictly later; after seven days without one the turn is unanswered, and the next question begins
another. A turn is open in [start, end): a question at the very instant of an answer begins another.
"""

from portal.rollups.hours import OPEN_SECONDS, OpenHours
from portal.rollups.scratch import DERIVED, Scratch

TURNS = DERIVED["turns"]

# `run` is how many answers came up to the question: questions of one run wait for the same answer.
SAID = """
WITH said AS (
  SELECT f.conversation, f.direction = 'inbound' AS is_question, f.sender, f.medium, f.account,
    f.lead_key, f.system || ' ' || f.external_id AS tie,
    CASE WHEN f.direction = 'inbound' THEN f.occurred_at ELSE f.sent_at END AS at
  FROM messages f JOIN due_conversations d ON d.conversation = f.conversation
  WHERE f.client_id = :client AND f.withdrawn_at IS NULL AND f.conversation <> ''
    AND (f.direction = 'inbound' OR (f.sender IN ('ai', 'person') AND f.sent_at IS NOT NULL))
)
"""
QUESTIONS = f"""
INSERT INTO questions (conversation, run, at, tie, medium, account, lead_key)
{SAID}, counted AS (
  SELECT *, count(*) FILTER (WHERE NOT is_question) OVER (PARTITION BY conversation ORDER BY at)
    AS run
  FROM said
)
SELECT conversation, run, at, tie, medium, account, lead_key FROM counted WHERE is_question
"""  # noqa: S608 - our own constant
ANSWERS = f"""
INSERT INTO answers (conversation, number, at, sender, next_ai_at, next_person_at)
{SAID}
SELECT conversation, row_number() OVER (PARTITION BY conversation ORDER BY at, tie), at, sender,
  min(at) FILTER (WHERE sender = 'ai') OVER later,
  min(at) FILTER (WHERE sender = 'person') OVER later
FROM said WHERE NOT is_question
WINDOW later AS (PARTITION BY conversation ORDER BY at DESC, tie DESC)
"""  # noqa: S608 - our own constant

OLD = """
INSERT INTO old_turns (conversation, started_at, ended_at, answered_by, first_ai_at,
  first_person_at, business_seconds, is_unanswered, medium, account, lead_key)
SELECT t.conversation, t.started_at, t.ended_at, t.answered_by, t.first_ai_at, t.first_person_at,
  t.business_seconds, t.is_unanswered, t.medium, t.account, t.lead_key
FROM turns t JOIN due_conversations d ON d.conversation = t.conversation
WHERE t.client_id = :client
"""
NEW = f"""
INSERT INTO new_turns (conversation, started_at, ended_at, answered_by, first_ai_at,
  first_person_at, business_seconds, is_unanswered, medium, account, lead_key)
WITH RECURSIVE started AS (
  SELECT conversation, run, min(at) AS at, max(at) AS last_at FROM questions GROUP BY 1, 2
  UNION ALL
  SELECT s.conversation, s.run, (SELECT min(q.at) FROM questions q
    WHERE q.conversation = s.conversation AND q.run = s.run AND q.at >= s.at + interval '168 hours'
  ), s.last_at
  FROM started s WHERE s.last_at >= s.at + interval '168 hours'
), first AS (
  SELECT DISTINCT ON (conversation, at) conversation, at, medium, account, lead_key
  FROM questions ORDER BY conversation, at, tie
), matched AS (
  SELECT s.conversation, s.at AS started_at, s.at + interval '168 hours' AS deadline_at,
    f.medium, f.account, f.lead_key, a.at AS answer_at, a.sender, a.next_ai_at, a.next_person_at,
    coalesce(lead(s.at) OVER (PARTITION BY s.conversation ORDER BY s.at), 'infinity') AS next_at
  FROM started s JOIN first f ON f.conversation = s.conversation AND f.at = s.at
  LEFT JOIN answers a ON a.conversation = s.conversation AND a.number = s.run + 1
), ended AS (
  SELECT *, CASE WHEN answer_at < deadline_at THEN answer_at
    WHEN deadline_at <= :now THEN deadline_at END AS ended_at
  FROM matched
)
SELECT conversation, started_at, ended_at,
  CASE WHEN answer_at < deadline_at THEN sender ELSE '' END,
  CASE WHEN next_ai_at < deadline_at AND next_ai_at <= next_at THEN next_ai_at END,
  CASE WHEN next_person_at < deadline_at AND next_person_at <= next_at THEN next_person_at END,
  CASE WHEN ended_at IS NOT NULL THEN
    {OPEN_SECONDS.format(at="ended_at")} - {OPEN_SECONDS.format(at="started_at")} END,
  ended_at IS NOT NULL AND (answer_at < deadline_at) IS NOT TRUE,
  medium, account, lead_key
FROM ended
"""  # noqa: S608 - our own constant
RANGE = """
SELECT min(at), max(at) FROM (SELECT at FROM questions UNION ALL SELECT at FROM answers) said
"""


def rebuild_turns(work: Scratch, hours: OpenHours) -> None:
    """Rebuild the turns of the due conversations."""
    work.run(OLD, "old_turns")
    work.run(QUESTIONS, "questions")
    work.run(ANSWERS, "answers")
    first, last = work.ask(RANGE).one()
    if first is not None:
        work.run(NEW, "new_turns", **hours.arrays(first, last))
    work.replace(TURNS)
