"""The agency's own table: a row a day, over all clients."""

from portal.catalog.reporting.columns import PLATFORM
from portal.catalog.reporting.views import (
    client_statements,
    column,
    comment,
    measures,
    start,
    sums,
    view,
    written,
)
from portal.catalog.subjects import METRICS

AGENCY_ZONE = "coalesce(nullif(current_setting('portal.agency_zone', true), ''), '$AGENCY_ZONE$')"
# In which currency most plans are: amounts of different currencies are never added.
CURRENCY = (
    "(SELECT currency FROM client_plan_changes GROUP BY currency"
    " ORDER BY count(*) DESC, currency LIMIT 1)"
)


def statements() -> list[str]:
    """Give every statement of the schema reporting, in order."""
    return [*client_statements(), *_platform()]


def _platform() -> list[str]:
    """Write the agency's own table: a row a day of its zone, over all clients."""
    moved = ",\n  ".join(
        f"coalesce(sum(m.amount_minor) FILTER (WHERE m.day = d.day AND m.kind = '{kind}'), 0)"
        f" AS {kind}"
        for kind in ("new", "churn", "expansion", "contraction", "reactivation")
    )
    sold = ",\n  ".join(f"{column(one)} AS {one.name}" for one in PLATFORM)
    after = start("(g.day + interval '1 day')::date", "z.zone")
    sql = f"""
SELECT md5(d.day::text)::uuid AS id, d.day AS date,
  s.total AS total_clients, s.active AS active_clients, s.new AS new_clients,
  s.churned AS churned_clients, s.reactivated AS reactivated_clients,
  m.mrr::bigint AS mrr_cents, m.new::bigint AS new_mrr_cents,
  (-m.churn)::bigint AS churned_mrr_cents,
  m.expansion::bigint AS expansion_mrr_cents, (-m.contraction)::bigint AS contraction_mrr_cents,
  m.reactivation::bigint AS reactivation_mrr_cents,
  {sold},
  round({written(METRICS["usage_cost"].formula, "a")} / nullif(s.active, 0))::bigint
    AS avg_cost_per_client_cents,
  CAST(NULL AS real) AS avg_client_satisfaction,
  d.currency, d.zone AS time_zone, d.ends_at <= now() AS is_complete,
  v.rolled_at AS created_at
FROM (
  SELECT g.day::date AS day, z.zone, z.currency, {after} AS ends_at
  FROM (SELECT {AGENCY_ZONE} AS zone, {CURRENCY} AS currency) z
  CROSS JOIN LATERAL (SELECT least((SELECT min(at AT TIME ZONE z.zone)::date
    FROM client_status_changes), (SELECT min(day) FROM rollup_days)) AS first) b
  CROSS JOIN LATERAL generate_series(b.first::timestamp,
    (now() AT TIME ZONE z.zone)::date::timestamp, '1 day') AS g(day)
) d
LEFT JOIN LATERAL (SELECT
  count(*) FILTER (WHERE l.status IN ('active', 'paused')) AS total,
  count(*) FILTER (WHERE l.status = 'active') AS active,
  count(*) FILTER (WHERE l.before IS NULL AND l.status <> 'churned') AS new,
  count(*) FILTER (WHERE l.status = 'churned' AND l.before <> 'churned') AS churned,
  count(*) FILTER (WHERE l.status <> 'churned' AND l.before = 'churned') AS reactivated
  FROM (
    SELECT (array_agg(c.status ORDER BY c.at DESC, c.id DESC))[1] AS status,
      (array_agg(c.status ORDER BY c.at DESC, c.id DESC)
        FILTER (WHERE (c.at AT TIME ZONE d.zone)::date < d.day))[1] AS before
    FROM client_status_changes c WHERE c.at < d.ends_at GROUP BY c.client_id
  ) l) s ON true
LEFT JOIN LATERAL (SELECT coalesce(sum(m.amount_minor), 0) AS mrr,
  {moved}
  FROM plan_movements m WHERE m.day <= d.day AND m.currency = d.currency) m ON true
{sums("a", measures(PLATFORM), "", "d.day", "d.day + 1").strip()}
LEFT JOIN LATERAL (SELECT max(rolled_at) AS rolled_at FROM rollup_days x WHERE x.day = d.day) v
  ON true"""
    return view("platform_analytics", sql, PLATFORM_COMMENTS, for_app=False)


MONEY = "Minor units of the column currency."
PLATFORM_COMMENTS = {
    "date": "A day of the agency's zone; sums are of each client's own local day of that date.",
    "total_clients": "Clients at the end of the day that have not churned.",
    "active_clients": "Clients that were active at the end of the day.",
    "new_clients": "Clients that began on the day.",
    "churned_clients": "Clients that churned on the day.",
    "reactivated_clients": "Churned clients that came back on the day.",
    "mrr_cents": f"Monthly recurring revenue at the end of the day. {MONEY}",
    "new_mrr_cents": f"From clients that never paid before. {MONEY}",
    "churned_mrr_cents": f"Lost with clients that stopped paying, as a positive amount. {MONEY}",
    "expansion_mrr_cents": f"From clients that pay more. {MONEY}",
    "contraction_mrr_cents": f"Lost with clients that pay less, as a positive amount. {MONEY}",
    "reactivation_mrr_cents": f"From clients that pay again. {MONEY}",
    "avg_cost_per_client_cents": f"API costs of the day for each active client. {MONEY}",
    "avg_client_satisfaction": "Null: nothing that the portal receives says this yet.",
    "currency": "The currency of most plans: amounts of others are in no column.",
} | {one.name: comment(one) for one in PLATFORM}
