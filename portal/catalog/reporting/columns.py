"""Which columns the source documents give each table, in their order, and what each one holds."""

from dataclasses import dataclass

NOT_YET = "Null: nothing that the portal receives says this yet."
SNAPSHOT = "Leads in stage {stage} at the end of the day, or now."
STAGES = ("new", "qualifying", "nurturing", "hot", "booked", "lost")


@dataclass(frozen=True)
class Column:
    """
    One column of a view: a metric in the document's unit, or an expression.

    `unit` is count, cents, seconds, basis_points, percent, number, change or null; `sql` is used in
    place of a metric, over the view's own relations.
    """

    name: str
    metric: str = ""
    unit: str = "count"
    sql: str = ""
    comment: str = ""


def _null(name: str, kind: str = "bigint") -> Column:
    return Column(name, unit="null", sql=f"CAST(NULL AS {kind})", comment=NOT_YET)


def _change(name: str, metric: str) -> Column:
    words = "Null where a side is unfinished, missing or zero."
    return Column(name, metric, "change", comment=f"Per cent against the one before. {words}")


CONVERSATIONS = Column(
    "total_conversations",
    sql="(SELECT count(DISTINCT m.conversation) FROM messages m WHERE m.client_id = d.client_id"
    " AND m.withdrawn_at IS NULL AND m.conversation <> ''"
    " AND ((m.sent_at >= d.starts_at AND m.sent_at < d.ends_at)"
    " OR (m.sent_at IS NULL AND m.occurred_at >= d.starts_at AND m.occurred_at < d.ends_at)))",
    comment="Different conversations with a message in the time; never a sum of days.",
)
DAILY = (
    Column("new_leads", "leads"),
    Column("leads_from_missed_calls", "leads_from_missed_calls"),
    Column("leads_from_web_forms", "leads_from_web_forms"),
    Column("leads_from_referrals", "leads_from_referrals"),
    Column("leads_from_other", "leads_from_other"),
    CONVERSATIONS,
    Column("ai_responses", "ai_messages"),
    Column("human_responses", "person_messages"),
    _null("escalations"),
    Column("avg_response_time_seconds", "response_average", "seconds"),
    Column("inbound_messages", "inbound_messages"),
    Column("outbound_messages", "outbound_messages"),
    Column("appointments_booked", "appointments_booked"),
    Column("quotes_requested", "quotes_requested"),
    Column("quotes_sent", "quotes_sent"),
    Column("jobs_won", "jobs_won"),
    Column("jobs_lost", "jobs_lost"),
    Column("revenue_attributed_cents", "revenue_booked", "cents"),
    _null("invoices_sent_cents"),
    Column("payments_collected_cents", "payments_collected", "cents"),
    Column("review_requests_sent", "reviews_requested"),
    Column("reviews_received", "reviews_received"),
    _null("avg_rating", "real"),
    *(
        Column(
            f"leads_{stage}",
            unit="count",
            sql=f"coalesce(s.{stage}, 0)::bigint",
            comment=SNAPSHOT.format(stage=stage),
        )
        for stage in STAGES
    ),
)
WEEKLY = (
    Column("new_leads", "leads"),
    CONVERSATIONS,
    Column("appointments_booked", "appointments_booked"),
    Column("jobs_won", "jobs_won"),
    Column("revenue_attributed_cents", "revenue_booked", "cents"),
    Column("payments_collected_cents", "payments_collected", "cents"),
    Column("lead_to_appointment_rate", "lead_to_appointment_rate", "basis_points"),
    Column("appointment_to_job_rate", "appointment_to_job_rate", "basis_points"),
    Column("overall_conversion_rate", "lead_to_job_rate", "basis_points"),
    Column("avg_response_time_seconds", "response_average", "seconds"),
    Column("response_within_five_min", "response_within_5m_rate", "percent"),
    _change("leads_change_percent", "leads"),
    _change("revenue_change_percent", "revenue_booked"),
)
MONTHLY = (
    Column("new_leads", "leads"),
    Column("qualified_leads", "leads_qualified"),
    Column("appointments_booked", "appointments_booked"),
    Column("quotes_generated", "quotes_sent"),
    Column("jobs_won", "jobs_won"),
    Column("jobs_lost", "jobs_lost"),
    Column("revenue_attributed_cents", "revenue_booked", "cents"),
    Column("avg_job_value_cents", "average_job_value", "cents"),
    Column("payments_collected_cents", "payments_collected", "cents"),
    _null("outstanding_invoices_cents"),
    Column("total_messages", "messages"),
    Column("ai_handled_percent", "ai_handled_rate", "percent"),
    _null("escalation_rate", "numeric"),
    Column("reviews_received", "reviews_received"),
    _null("avg_rating", "real"),
    _null("five_star_reviews"),
    Column("lead_to_job_rate", "lead_to_job_rate", "basis_points"),
    Column("platform_cost_cents", "platform_cost", "cents"),
    Column("roi_multiple", "return_on_spend", "number"),
    _change("previous_month_revenue_change_pct", "revenue_booked"),
    _change("previous_month_leads_change_pct", "leads"),
)
PLATFORM = (
    Column("total_leads", "leads"),
    Column("total_messages", "messages"),
    Column("total_ai_responses", "ai_messages"),
    _null("total_escalations"),
    Column("total_api_costs_cents", "usage_cost", "cents"),
)
