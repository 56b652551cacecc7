"""
Replies: the first inbound message within seven days, credited to the last outbound before it.

Only of messages that do not say themselves when they were replied to (`messages.replied_at`).
"""

from portal.rollups.scratch import DERIVED, Scratch

REPLIES = DERIVED["replies"]

OLD = """
INSERT INTO old_replies (message_id, replied_at)
SELECT r.message_id, r.replied_at FROM replies r
JOIN messages f ON f.client_id = :client AND f.id = r.message_id AND f.conversation <> ''
JOIN due_conversations d ON d.conversation = f.conversation
WHERE r.client_id = :client
"""
# Strictly before: at one instant the inbound message is sorted first.
NEW = """
INSERT INTO new_replies (message_id, replied_at)
SELECT id, next_at FROM (
  SELECT id, at, is_outbound, replied_at,
    lead(at) OVER talk AS next_at, lead(is_outbound) OVER talk AS is_next_outbound
  FROM (
    SELECT f.id, f.conversation, f.direction = 'outbound' AS is_outbound, f.replied_at,
      f.system || ' ' || f.external_id AS tie,
      CASE WHEN f.direction = 'outbound' THEN f.sent_at ELSE f.occurred_at END AS at
    FROM messages f JOIN due_conversations d ON d.conversation = f.conversation
    WHERE f.client_id = :client AND f.withdrawn_at IS NULL AND f.conversation <> ''
      AND (f.direction = 'inbound' OR f.sent_at IS NOT NULL)
  ) said
  WINDOW talk AS (PARTITION BY conversation ORDER BY at, is_outbound, tie)
) paired
WHERE is_outbound AND NOT is_next_outbound AND replied_at IS NULL
  AND next_at < at + interval '168 hours'
"""
MOMENTS = """
INSERT INTO moments (at) SELECT f.sent_at FROM messages f
JOIN changed_replies r ON r.message_id = f.id WHERE f.client_id = :client
"""


def rebuild_replies(work: Scratch) -> None:
    """Rebuild the replies of the due conversations; they count on the day of the message sent."""
    work.run(OLD, "old_replies")
    work.run(NEW, "new_replies")
    if work.replace(REPLIES):
        work.run(MOMENTS)
