"""Messages in and out, what became of them, and the conversations that they make."""

from portal.catalog.family import Identity, count, distinct, family
from portal.catalog.linked import inherited, joins
from portal.catalog.metric import Better, metric
from portal.core.units import Unit

STORED = ("source", "channel", "medium", "sender", "direction", "account")
LINKED = dict(inherited())


def _dimensions(direction: str) -> dict[str, str]:
    return LINKED | {
        "medium": "f.medium",
        "sender": "f.sender",
        "direction": f"'{direction}'",
        "account": "f.account",
    }


IDENTITY = Identity("messages", title="coalesce(l.name, '')", lead="f.lead_key")
INBOUND = family(
    "inbound",
    "messages f",
    instant="f.occurred_at",
    where="f.withdrawn_at IS NULL AND f.direction = 'inbound'",
    joins=joins("f.occurred_at"),
    dimensions=_dimensions("inbound"),
    stored=STORED,
    identity=IDENTITY,
)
REPLY = {
    "r": "LEFT JOIN replies r ON r.client_id = f.client_id AND r.message_id = f.id",
}
OUTBOUND = family(
    "outbound",
    "messages f",
    instant="f.sent_at",
    where="f.withdrawn_at IS NULL AND f.direction = 'outbound'",
    joins=REPLY | dict(joins("f.sent_at")),
    dimensions=_dimensions("outbound"),
    stored=STORED,
    identity=IDENTITY,
)
# Failed before it was ever sent: no sent_at, so it lies on the day it was tried.
UNSENT = family(
    "unsent",
    "messages f",
    instant="f.occurred_at",
    where="f.withdrawn_at IS NULL AND f.direction = 'outbound' AND f.sent_at IS NULL"
    " AND coalesce(f.failed_at, f.bounced_at) IS NOT NULL",
    joins=joins("f.occurred_at"),
    dimensions=_dimensions("outbound"),
    stored=STORED,
    identity=IDENTITY,
)
TALK = family(
    "talk",
    # Two arms, so that each has its index.
    "(SELECT m.*, m.sent_at AS at FROM messages m WHERE m.withdrawn_at IS NULL"
    " AND m.conversation <> '' AND m.sent_at IS NOT NULL"
    " UNION ALL SELECT m.*, m.occurred_at FROM messages m WHERE m.withdrawn_at IS NULL"
    " AND m.conversation <> '' AND m.sent_at IS NULL) f",
    instant="f.at",
    joins=joins("f.at"),
    dimensions=LINKED
    | {
        "medium": "f.medium",
        "sender": "f.sender",
        "direction": "f.direction",
        "account": "f.account",
    },
    identity=IDENTITY,
)
REPLIED_AT = "coalesce(f.replied_at, r.replied_at)"
GOOD = f"greatest(f.delivered_at, f.read_at, {REPLIED_AT})"
BAD = "greatest(f.failed_at, f.bounced_at)"
ARRIVED = f"{GOOD} IS NOT NULL AND ({BAD} IS NULL OR {BAD} < {GOOD})"
LOST = f"({GOOD} IS NULL OR {BAD} >= {GOOD})"

inbound = count("inbound_messages", INBOUND, hourly=True)
outbound = count("outbound_messages", OUTBOUND, hourly=True)
ai = count("ai_messages", OUTBOUND, "f.sender = 'ai'")
person = count("person_messages", OUTBOUND, "f.sender = 'person'")
system = count("system_messages", OUTBOUND, "f.sender = 'system'")
delivered = count("messages_delivered", OUTBOUND, ARRIVED)
read = count(
    "messages_read",
    OUTBOUND,
    f"coalesce(f.read_at, {REPLIED_AT}) IS NOT NULL AND {ARRIVED}",
)
replied = count("messages_replied", OUTBOUND, f"{REPLIED_AT} IS NOT NULL")
bounced = count("messages_bounced", OUTBOUND, f"f.bounced_at IS NOT NULL AND {LOST}")
failed = count("messages_failed_after", OUTBOUND, f"f.failed_at IS NOT NULL AND {LOST}")
unsent = count("messages_failed_before", UNSENT, "f.failed_at IS NOT NULL")
never = count("messages_bounced_before", UNSENT, "f.bounced_at IS NOT NULL")

DAY = " Counted on the day it was sent; what becomes of it later revises that day."
for _key, _label, _formula, _definition, _better, _documents in (
    (
        "messages",
        "Messages",
        inbound + outbound,
        "Messages received and sent.",
        Better.UP,
        (
            "analytics_monthly.total_messages",
            "platform_analytics.total_messages",
            "messages.total",
        ),
    ),
    (
        "inbound_messages",
        "Messages received",
        inbound,
        "Messages that people sent to the client.",
        Better.UP,
        ("analytics_daily.inbound_messages", "messages.inbound"),
    ),
    (
        "outbound_messages",
        "Messages sent",
        outbound,
        "Messages that the client, its assistant or its systems sent." + DAY,
        Better.UP,
        (
            "analytics_daily.outbound_messages",
            "messages.outbound",
            "messages.sent",
            "channel_metrics.sent",
        ),
    ),
    (
        "ai_messages",
        "Assistant's messages",
        ai,
        "Messages that the assistant sent.",
        Better.UP,
        ("analytics_daily.ai_responses", "platform_analytics.total_ai_responses"),
    ),
    (
        "person_messages",
        "People's messages",
        person,
        "Messages that a person on the client's side sent.",
        Better.NEITHER,
        ("analytics_daily.human_responses",),
    ),
    (
        "system_messages",
        "System messages",
        system,
        "Messages sent by neither assistant nor person, such as templates.",
        Better.NEITHER,
        (),
    ),
    (
        "messages_delivered",
        "Delivered",
        delivered,
        "Messages sent that were delivered, read or replied to, unless they failed later." + DAY,
        Better.UP,
        ("messages.delivered", "channel_metrics.delivered"),
    ),
    (
        "messages_read",
        "Read",
        read,
        "Messages sent that were read or replied to." + DAY,
        Better.UP,
        ("messages.read",),
    ),
    (
        "messages_replied",
        "Replied to",
        replied,
        "Messages sent that were replied to within 7 days." + DAY,
        Better.UP,
        ("messages.replied", "channel_metrics.replied"),
    ),
    (
        "messages_failed",
        "Failed",
        failed + unsent,
        "Messages that failed, before or after they were sent.",
        Better.DOWN,
        ("messages.failed",),
    ),
    (
        "messages_bounced",
        "Bounced",
        bounced + never,
        "Messages that bounced.",
        Better.DOWN,
        ("channel_metrics.bounced",),
    ),
):
    metric(_key, _label, _formula, _definition, better=_better, documents=_documents)

for _key, _label, _formula, _definition, _better, _documents in (
    (
        "delivery_rate",
        "Delivery rate",
        delivered / outbound,
        "Share of the messages sent that were delivered.",
        Better.UP,
        ("messages.deliveryRate", "channel_metrics.delivery_rate"),
    ),
    (
        "read_rate",
        "Read rate",
        read / delivered,
        "Share of the messages delivered that were read.",
        Better.UP,
        ("messages.readRate",),
    ),
    (
        "reply_rate",
        "Reply rate",
        replied / delivered,
        "Share of the messages delivered that were replied to.",
        Better.UP,
        ("channel_metrics.reply_rate", "campaigns.responseRate"),
    ),
    (
        "reply_per_sent_rate",
        "Replies per message sent",
        replied / outbound,
        "Share of the messages sent that were replied to.",
        Better.UP,
        ("messages.replyRate",),
    ),
    (
        "failure_rate",
        "Failure rate",
        (failed + unsent) / (outbound + unsent),
        "Share of the messages tried that failed.",
        Better.DOWN,
        ("messages.failureRate",),
    ),
    (
        "bounce_rate",
        "Bounce rate",
        (bounced + never) / (outbound + never),
        "Share of the messages tried that bounced.",
        Better.DOWN,
        ("channel_metrics.bounce_rate",),
    ),
    (
        "ai_handled_rate",
        "Handled by assistant",
        ai / (ai + person),
        "Assistant's messages as a share of those that assistant or people sent; no system ones.",
        Better.UP,
        ("analytics_monthly.ai_handled_percent",),
    ),
):
    metric(
        _key,
        _label,
        _formula,
        _definition,
        unit=Unit.SHARE,
        better=_better,
        documents=_documents,
    )

metric(
    "conversations",
    "Conversations",
    distinct("conversations", TALK, "f.conversation"),
    "Different conversations with a message in the period.",
    documents=("analytics_daily.total_conversations", "analytics_weekly.total_conversations"),
)
