"""What each kind of fact takes from a file: its fields, what they hold, how columns name them."""

from typing import Literal, NamedTuple

Holds = Literal[
    "text", "instant", "day", "minor", "micros", "integer", "number", "share", "boolean", "currency"
]

COMMON = (
    *("external_id", "occurred_at", "version", "updated_at", "source", "channel", "campaign_id"),
    *("owner", "location", "lead_id", "contact_id"),
)
KIND_FIELDS = {
    "leads": "stage name email phone company score stage_at value_minor currency probability"
    " lost_reason",
    "stage_changes": "stage",
    "messages": "direction sender medium conversation_id account sent_at delivered_at read_at"
    " failed_at bounced_at replied_at phone cost_micros currency",
    "calls": "direction outcome duration_seconds handled_by quality is_successful line phone",
    "funnel_events": "kind value_minor currency ref.kind ref.id",
    "jobs": "status won_at lost_at completed_at cancelled_at value_minor cost_minor currency"
    " product lost_reason",
    "payments": "amount_minor currency kind refund_of job_id invoice_id subscription_id fee_minor"
    " method product country",
    "usage_costs": "service amount_micros currency quantity",
    "campaigns": "name starts_at ends_at status budget_minor currency",
    "campaign_spend": "amount_minor currency occurred_on clicks impressions",
}
REQUIRED = {
    "leads": (),
    "stage_changes": ("lead_id", "stage"),
    "messages": ("direction", "sender"),
    "calls": ("direction", "outcome"),
    "funnel_events": ("lead_id", "kind"),
    "jobs": ("status",),
    "payments": ("amount_minor",),
    "usage_costs": ("service", "amount_micros"),
    "campaigns": ("name",),
    "campaign_spend": ("campaign_id", "amount_minor", "occurred_on"),
}
UNDATED = frozenset({"campaigns", "campaign_spend"})
"""Kinds that need no `occurred_at`."""
HOLDS: dict[str, Holds] = {
    "version": "integer",
    "duration_seconds": "integer",
    "clicks": "integer",
    "impressions": "integer",
    "score": "number",
    "quality": "number",
    "quantity": "number",
    "probability": "share",
    "is_successful": "boolean",
    "currency": "currency",
}
ENDINGS: dict[str, Holds] = {"_at": "instant", "_on": "day", "_minor": "minor", "_micros": "micros"}

WORDS = {
    "external_id": "id uid uuid key number no ref reference code external_id",
    "occurred_at": "occurred_at created_at created create_date created_date created_on date_created"
    " date datetime timestamp time at engage_date start_date started_at opened_at order_date"
    " invoice_date payment_date paid_at paid_on transaction_date call_date lead_date entry_date"
    " event_time received_at datum",
    "updated_at": "updated_at updated last_modified modified modified_at modified_date update_date"
    " last_updated",
    "occurred_on": "occurred_on date day spend_date datum",
    "source": "source lead_source origin utm_source how_did_you_hear referrer quelle",
    "channel": "channel utm_medium acquisition_channel kanal",
    "campaign_id": "campaign_id campaign utm_campaign campaign_name kampagne",
    "owner": "owner sales_agent agent sales_rep rep assigned_to assignee salesperson lead_owner"
    " deal_owner account_manager responsible besitzer",
    "location": "location region city branch office regional_office site state standort",
    "lead_id": "lead_id lead opportunity_id deal_id opportunity deal",
    "contact_id": "contact_id customer_id customer client_id user_id person_id buyer_id kunde"
    " kundennummer contact",
    "stage": "stage deal_stage lead_stage pipeline_stage status lead_status phase",
    "name": "name full_name contact_name lead_name customer_name first_name campaign_name",
    "email": "email e_mail mail email_address",
    "phone": "phone phone_number telephone mobile cell tel telefon caller",
    "company": "company account organisation organization company_name account_name business firma",
    "score": "score lead_score rating",
    "stage_at": "stage_at stage_date stage_changed_at status_date close_date",
    "value_minor": "value amount deal_value close_value deal_amount price total estimated_value"
    " opportunity_amount expected_revenue value_minor wert",
    "probability": "probability win_probability likelihood",
    "lost_reason": "lost_reason loss_reason reason reason_lost close_reason",
    "direction": "direction type call_type inbound_outbound richtung",
    "sender": "sender sent_by from_type author",
    "medium": "medium message_type platform channel contact",
    "conversation_id": "conversation_id thread_id conversation thread chat_id",
    "account": "account account_id inbox mailbox",
    "sent_at": "sent_at sent send_date",
    "delivered_at": "delivered_at delivered",
    "read_at": "read_at read opened_at opened",
    "failed_at": "failed_at failed",
    "bounced_at": "bounced_at bounced",
    "replied_at": "replied_at replied",
    "cost_micros": "cost price cost_micros",
    "outcome": "outcome result call_status disposition status call_result ergebnis",
    "duration_seconds": "duration_seconds duration seconds call_duration talk_time length dauer",
    "handled_by": "handled_by answered_by",
    "quality": "quality quality_score",
    "is_successful": "is_successful successful success",
    "line": "line tracking_number called_number",
    "kind": "kind type event event_type event_name payment_type",
    "ref.kind": "ref_kind",
    "ref.id": "ref_id",
    "status": "status job_status state stage deal_stage",
    "won_at": "won_at won_date close_date closed_at close_on signed_at",
    "lost_at": "lost_at lost_date close_date closed_at",
    "completed_at": "completed_at completed completion_date finished_at done_at",
    "cancelled_at": "cancelled_at canceled_at cancelled cancellation_date",
    "cost_minor": "cost job_cost costs",
    "product": "product product_name item service description sku stock_code produkt",
    "amount_minor": "amount amount_minor total value dollar_value price paid sum revenue payment"
    " payment_amount unit_price gross net spend cost betrag",
    "currency": "currency currency_code waehrung währung",
    "refund_of": "refund_of original_payment_id",
    "job_id": "job_id job order_id project_id",
    "invoice_id": "invoice_id invoice invoice_no invoice_number rechnungsnummer",
    "subscription_id": "subscription_id subscription",
    "fee_minor": "fee processing_fee transaction_fee gebuehr",
    "method": "method payment_method paid_by card_type zahlungsart",
    "country": "country country_code billing_country land",
    "service": "service service_name sku vendor",
    "amount_micros": "amount cost amount_micros price total",
    "quantity": "quantity qty units count usage menge",
    "starts_at": "starts_at start_date start starts",
    "ends_at": "ends_at end_date end ends",
    "budget_minor": "budget",
    "clicks": "clicks link_clicks",
    "impressions": "impressions views reach",
    "version": "version revision",
}
"""By which words a column is taken for a field; the earlier, the surer."""

MEANT: dict[str, dict[str, str]] = {
    "stage": {
        "new": "new open created prospecting prospect incoming uncontacted neu",
        "qualifying": "qualifying engaging contacted working qualification attempted in_progress",
        "nurturing": "nurturing nurture follow_up on_hold",
        "hot": "hot qualified proposal negotiation quoted sql",
        "booked": "booked appointment appointment_booked scheduled meeting_booked demo_scheduled",
        "won": "won closed_won win customer converted sold gewonnen",
        "lost": "lost closed_lost loss dead disqualified unqualified verloren",
    },
    "status": {
        "open": "open new pending in_progress active offen",
        "won": "won closed_won accepted sold gewonnen",
        "lost": "lost closed_lost rejected declined verloren",
        "completed": "completed complete done finished erledigt",
        "cancelled": "cancelled canceled storniert",
        "draft": "draft planned",
        "active": "active running live enabled",
        "paused": "paused disabled",
        "failed": "failed error",
    },
    "direction": {
        "inbound": "inbound in incoming received eingehend",
        "outbound": "outbound out outgoing sent ausgehend",
    },
    "outcome": {
        "answered": "answered connected completed success talked angenommen",
        "missed": "missed no_answer unanswered noanswer not_answered verpasst",
        "voicemail": "voicemail left_voicemail machine",
        "busy": "busy engaged besetzt",
        "failed": "failed error invalid",
    },
    "sender": {
        "contact": "contact customer lead client user them",
        "person": "person agent rep human staff us",
        "ai": "ai bot assistant",
        "system": "system automation auto",
    },
    "handled_by": {"person": "person agent human", "ai": "ai bot assistant"},
}
"""What the words of other systems mean in ours."""


class Field(NamedTuple):
    """One field of a kind."""

    name: str
    holds: Holds
    is_required: bool


def kinds() -> tuple[str, ...]:
    """The kinds of facts that a file can hold."""
    return tuple(KIND_FIELDS)


def fields(kind: str) -> tuple[Field, ...]:
    """The fields of `kind`: the required ones first."""
    needed = needed_fields(kind)
    own = [*KIND_FIELDS[kind].split(), *COMMON]
    rest = [name for name in own if name not in needed]
    return tuple(Field(name, holds(name), name in needed) for name in (*needed, *rest))


def needed_fields(kind: str) -> tuple[str, ...]:
    """The fields without which no fact of `kind` is stored."""
    dated = () if kind in UNDATED else ("occurred_at",)
    return ("external_id", *dated, *REQUIRED[kind])


def holds(field: str) -> Holds:
    """Tell what a field holds, by its name."""
    for ending, found in ENDINGS.items():
        if field.endswith(ending):
            return found
    return HOLDS.get(field, "text")


def words(text: str) -> str:
    """Bring a column's name or a value to the form of the lists: `Deal Stage` is deal_stage."""
    spaced = [
        f"_{sign}" if sign.isupper() and before.islower() else sign
        for before, sign in zip(" " + text, text, strict=False)
    ]
    plain = "".join(sign if sign.isalnum() else "_" for sign in "".join(spaced).lower())
    return "_".join(part for part in plain.split("_") if part)


def meaning(field: str, kind: str, value: str) -> str:
    """Translate another system's word into ours, or give ''."""
    for ours, theirs in MEANT.get(field, {}).items():
        if (field != "status" or _has_status(kind, ours)) and words(value) in theirs.split():
            return ours
    return ""


def _has_status(kind: str, status: str) -> bool:
    campaign = {"draft", "active", "paused", "completed", "failed"}
    job = {"open", "won", "lost", "completed", "cancelled"}
    return status in (campaign if kind == "campaigns" else job)
