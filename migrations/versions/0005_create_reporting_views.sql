CREATE SCHEMA reporting;

GRANT USAGE ON SCHEMA reporting TO portal_app, portal_platform;

CREATE VIEW reporting.local_days WITH (security_invoker = true) AS
SELECT b.client_id, g.day::date AS day, c.zone, c.week_start::int AS week_start, c.currency,
  CASE WHEN ((g.day::date::timestamp AT TIME ZONE c.zone) - interval '1 hour') AT TIME ZONE c.zone = g.day::date::timestamp THEN (g.day::date::timestamp AT TIME ZONE c.zone) - interval '1 hour' ELSE (g.day::date::timestamp AT TIME ZONE c.zone) END AS starts_at,
  CASE WHEN (((g.day + interval '1 day')::date::timestamp AT TIME ZONE n.zone) - interval '1 hour') AT TIME ZONE n.zone = (g.day + interval '1 day')::date::timestamp THEN ((g.day + interval '1 day')::date::timestamp AT TIME ZONE n.zone) - interval '1 hour' ELSE ((g.day + interval '1 day')::date::timestamp AT TIME ZONE n.zone) END AS ends_at
FROM (SELECT client_id, min(day) AS first, max(day) AS last FROM rollup_days GROUP BY client_id) b
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE z.zone)::date AS today FROM client_calendars z
  WHERE z.client_id = b.client_id ORDER BY z.from_on DESC LIMIT 1) t
CROSS JOIN LATERAL generate_series(b.first::timestamp, t.today::timestamp, '1 day') AS g(day)
CROSS JOIN LATERAL (SELECT z.* FROM client_calendars z WHERE z.client_id = b.client_id
  ORDER BY z.from_on <= g.day DESC, CASE WHEN z.from_on <= g.day THEN z.from_on END DESC,
  z.from_on LIMIT 1) c
CROSS JOIN LATERAL (SELECT z.* FROM client_calendars z WHERE z.client_id = b.client_id
  ORDER BY z.from_on <= g.day + interval '1 day' DESC,
  CASE WHEN z.from_on <= g.day + interval '1 day' THEN z.from_on END DESC,
  z.from_on LIMIT 1) n;

REVOKE ALL ON reporting.local_days FROM portal_app, portal_platform;

GRANT SELECT ON reporting.local_days TO portal_app, portal_platform;

CREATE VIEW reporting.analytics_daily WITH (security_invoker = true) AS
SELECT
  md5(d.client_id::text || d.day::text)::uuid AS id, d.client_id, d.day AS date,
  round((a.leads))::bigint AS new_leads,
  round((a.leads_from_missed_calls))::bigint AS leads_from_missed_calls,
  round((a.leads_from_web_forms))::bigint AS leads_from_web_forms,
  round((a.leads_from_referrals))::bigint AS leads_from_referrals,
  round((a.leads_from_other))::bigint AS leads_from_other,
  (SELECT count(DISTINCT m.conversation) FROM messages m WHERE m.client_id = d.client_id AND m.withdrawn_at IS NULL AND m.conversation <> '' AND ((m.sent_at >= d.starts_at AND m.sent_at < d.ends_at) OR (m.sent_at IS NULL AND m.occurred_at >= d.starts_at AND m.occurred_at < d.ends_at))) AS total_conversations,
  round((a.ai_messages))::bigint AS ai_responses,
  round((a.person_messages))::bigint AS human_responses,
  CAST(NULL AS bigint) AS escalations,
  round(((a.response_seconds / nullif(a.response_answered, 0))))::bigint AS avg_response_time_seconds,
  round((a.inbound_messages))::bigint AS inbound_messages,
  round((a.outbound_messages))::bigint AS outbound_messages,
  round((a.appointments_booked))::bigint AS appointments_booked,
  round((a.quotes_requested))::bigint AS quotes_requested,
  round((a.quotes_sent))::bigint AS quotes_sent,
  round((a.jobs_won))::bigint AS jobs_won,
  round((a.jobs_lost))::bigint AS jobs_lost,
  round((a.revenue_booked))::bigint AS revenue_attributed_cents,
  CAST(NULL AS bigint) AS invoices_sent_cents,
  round(((a.payments_amount + a.posted_payments_amount)))::bigint AS payments_collected_cents,
  round((a.reviews_requested))::bigint AS review_requests_sent,
  round((a.reviews_received))::bigint AS reviews_received,
  CAST(NULL AS real) AS avg_rating,
  coalesce(s.new, 0)::bigint AS leads_new,
  coalesce(s.qualifying, 0)::bigint AS leads_qualifying,
  coalesce(s.nurturing, 0)::bigint AS leads_nurturing,
  coalesce(s.hot, 0)::bigint AS leads_hot,
  coalesce(s.booked, 0)::bigint AS leads_booked,
  coalesce(s.lost, 0)::bigint AS leads_lost,
  d.currency, d.zone AS time_zone,
  d.ends_at <= now() AS is_complete,
  v.rolled_at AS created_at, v.rolled_at AS updated_at
FROM reporting.local_days d
LEFT JOIN LATERAL (SELECT
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads'), 0) AS leads,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads_from_missed_calls'), 0) AS leads_from_missed_calls,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads_from_web_forms'), 0) AS leads_from_web_forms,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads_from_referrals'), 0) AS leads_from_referrals,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads_from_other'), 0) AS leads_from_other,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'ai_messages'), 0) AS ai_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'person_messages'), 0) AS person_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'response_seconds'), 0) AS response_seconds,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'response_answered'), 0) AS response_answered,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'inbound_messages'), 0) AS inbound_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'outbound_messages'), 0) AS outbound_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'appointments_booked'), 0) AS appointments_booked,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'quotes_requested'), 0) AS quotes_requested,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'quotes_sent'), 0) AS quotes_sent,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'jobs_won'), 0) AS jobs_won,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'jobs_lost'), 0) AS jobs_lost,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'revenue_booked' AND r.currency = d.currency), 0) AS revenue_booked,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'payments_amount' AND r.currency = d.currency), 0) AS payments_amount,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'posted_payments_amount' AND r.currency = d.currency), 0) AS posted_payments_amount,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'reviews_requested'), 0) AS reviews_requested,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'reviews_received'), 0) AS reviews_received
  FROM rollups r WHERE r.client_id = d.client_id AND r.day >= d.day AND r.day < d.day + 1
  AND r.measure IN ('leads', 'leads_from_missed_calls', 'leads_from_web_forms', 'leads_from_referrals', 'leads_from_other', 'ai_messages', 'person_messages', 'response_seconds', 'response_answered', 'inbound_messages', 'outbound_messages', 'appointments_booked', 'quotes_requested', 'quotes_sent', 'jobs_won', 'jobs_lost', 'revenue_booked', 'payments_amount', 'posted_payments_amount', 'reviews_requested', 'reviews_received')) a ON true
LEFT JOIN LATERAL (SELECT sum(CASE WHEN r.measure = 'stage_entries' THEN r.value ELSE -r.value END) FILTER (WHERE r.stage = 'new') AS new, sum(CASE WHEN r.measure = 'stage_entries' THEN r.value ELSE -r.value END) FILTER (WHERE r.stage = 'qualifying') AS qualifying, sum(CASE WHEN r.measure = 'stage_entries' THEN r.value ELSE -r.value END) FILTER (WHERE r.stage = 'nurturing') AS nurturing, sum(CASE WHEN r.measure = 'stage_entries' THEN r.value ELSE -r.value END) FILTER (WHERE r.stage = 'hot') AS hot, sum(CASE WHEN r.measure = 'stage_entries' THEN r.value ELSE -r.value END) FILTER (WHERE r.stage = 'booked') AS booked, sum(CASE WHEN r.measure = 'stage_entries' THEN r.value ELSE -r.value END) FILTER (WHERE r.stage = 'lost') AS lost FROM rollups r WHERE r.client_id = d.client_id AND r.measure IN ('stage_entries', 'stage_exits') AND r.day <= d.day) s ON true
LEFT JOIN LATERAL (SELECT max(rolled_at) AS rolled_at FROM rollup_days x WHERE x.client_id = d.client_id AND x.day >= d.day AND x.day < d.day + 1) v ON true;

REVOKE ALL ON reporting.analytics_daily FROM portal_app, portal_platform;

GRANT SELECT ON reporting.analytics_daily TO portal_app, portal_platform;

COMMENT ON COLUMN reporting.analytics_daily.new_leads IS 'People who first reached the client in the period, each once. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_from_missed_calls IS 'New leads whose source is missed_call. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_from_web_forms IS 'New leads whose source is web_form. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_from_referrals IS 'New leads whose source is referral. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_from_other IS 'New leads of any other source, or of none. Count.';

COMMENT ON COLUMN reporting.analytics_daily.total_conversations IS 'Different conversations with a message in the time; never a sum of days. Count.';

COMMENT ON COLUMN reporting.analytics_daily.ai_responses IS 'Messages that the assistant sent. Count.';

COMMENT ON COLUMN reporting.analytics_daily.human_responses IS 'Messages that a person on the client''s side sent. Count.';

COMMENT ON COLUMN reporting.analytics_daily.escalations IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.analytics_daily.avg_response_time_seconds IS 'Mean time to the first answer by assistant or person; counted on the day of the first unanswered message, of the turns that had one. Seconds, rounded; null where nothing was measured.';

COMMENT ON COLUMN reporting.analytics_daily.inbound_messages IS 'Messages that people sent to the client. Count.';

COMMENT ON COLUMN reporting.analytics_daily.outbound_messages IS 'Messages that the client, its assistant or its systems sent. Counted on the day it was sent; what becomes of it later revises that day. Count.';

COMMENT ON COLUMN reporting.analytics_daily.appointments_booked IS 'Appointments booked in the period. Count.';

COMMENT ON COLUMN reporting.analytics_daily.quotes_requested IS 'Steps of the kind quote_requested in the period. Count.';

COMMENT ON COLUMN reporting.analytics_daily.quotes_sent IS 'Steps of the kind quote_sent in the period. Count.';

COMMENT ON COLUMN reporting.analytics_daily.jobs_won IS 'Jobs won in the period, each once, on the day it was won, whenever the lead first came. Count.';

COMMENT ON COLUMN reporting.analytics_daily.jobs_lost IS 'Jobs lost in the period. Count.';

COMMENT ON COLUMN reporting.analytics_daily.revenue_attributed_cents IS 'Value of the jobs won in the period, on the day each was won, less the value of won jobs that were cancelled, on the day of the cancellation. Minor units (cents, yen, fils) of the column currency.';

COMMENT ON COLUMN reporting.analytics_daily.invoices_sent_cents IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.analytics_daily.payments_collected_cents IS 'All payments on their own day, refunds taken off; posted payment steps where no payment of their own was sent. Minor units (cents, yen, fils) of the column currency.';

COMMENT ON COLUMN reporting.analytics_daily.review_requests_sent IS 'Steps of the kind review_requested in the period. Count.';

COMMENT ON COLUMN reporting.analytics_daily.reviews_received IS 'Steps of the kind review_received in the period. Count.';

COMMENT ON COLUMN reporting.analytics_daily.avg_rating IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.analytics_daily.leads_new IS 'Leads in stage new at the end of the day, or now. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_qualifying IS 'Leads in stage qualifying at the end of the day, or now. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_nurturing IS 'Leads in stage nurturing at the end of the day, or now. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_hot IS 'Leads in stage hot at the end of the day, or now. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_booked IS 'Leads in stage booked at the end of the day, or now. Count.';

COMMENT ON COLUMN reporting.analytics_daily.leads_lost IS 'Leads in stage lost at the end of the day, or now. Count.';

COMMENT ON COLUMN reporting.analytics_daily.date IS 'The client''s own local day, week or month.';

COMMENT ON COLUMN reporting.analytics_daily.currency IS 'ISO 4217: amounts of other currencies are in no column.';

COMMENT ON COLUMN reporting.analytics_daily.is_complete IS 'Whether all of its days are over.';

COMMENT ON COLUMN reporting.analytics_daily.updated_at IS 'When any of its days was last rolled up.';

CREATE VIEW reporting.local_weeks WITH (security_invoker = true) AS
SELECT b.client_id, b.day, b.day + 7 AS after, b.starts_at, b.ends_at, b.zone, b.currency,
  b.first_day = b.day AND b.ends_at <= now() AND b.day + 7 = b.last_day + 1 AS is_complete
FROM (
  SELECT d.client_id, d.day - (extract(isodow FROM d.day)::int + 6 - d.week_start) % 7 AS day, min(d.starts_at) AS starts_at, max(d.ends_at) AS ends_at,
    min(d.day) AS first_day, max(d.day) AS last_day,
    (array_agg(d.zone ORDER BY d.day DESC))[1] AS zone,
    (array_agg(d.currency ORDER BY d.day DESC))[1] AS currency
  FROM reporting.local_days d GROUP BY 1, 2
) b;

REVOKE ALL ON reporting.local_weeks FROM portal_app, portal_platform;

GRANT SELECT ON reporting.local_weeks TO portal_app, portal_platform;

CREATE VIEW reporting.analytics_weekly WITH (security_invoker = true) AS
SELECT
  md5(d.client_id::text || d.day::text)::uuid AS id, d.client_id, d.day AS week_start,
  round((a.leads))::bigint AS new_leads,
  (SELECT count(DISTINCT m.conversation) FROM messages m WHERE m.client_id = d.client_id AND m.withdrawn_at IS NULL AND m.conversation <> '' AND ((m.sent_at >= d.starts_at AND m.sent_at < d.ends_at) OR (m.sent_at IS NULL AND m.occurred_at >= d.starts_at AND m.occurred_at < d.ends_at))) AS total_conversations,
  round((a.appointments_booked))::bigint AS appointments_booked,
  round((a.jobs_won))::bigint AS jobs_won,
  round((a.revenue_booked))::bigint AS revenue_attributed_cents,
  round(((a.payments_amount + a.posted_payments_amount)))::bigint AS payments_collected_cents,
  round(10000 * ((a.appointments_booked / nullif(a.leads, 0))))::bigint AS lead_to_appointment_rate,
  round(10000 * ((a.jobs_won / nullif(a.appointments_booked, 0))))::bigint AS appointment_to_job_rate,
  round(10000 * ((a.jobs_won / nullif(a.leads, 0))))::bigint AS overall_conversion_rate,
  round(((a.response_seconds / nullif(a.response_answered, 0))))::bigint AS avg_response_time_seconds,
  round(100 * ((a.response_within_5m / nullif(a.response_due_5m, 0))), 2) AS response_within_five_min,
  round(100 * (a.leads - b.leads) / abs(nullif(b.leads, 0)), 2) AS leads_change_percent,
  round(100 * (a.revenue_booked - b.revenue_booked) / abs(nullif(b.revenue_booked, 0)), 2) AS revenue_change_percent,
  d.currency, d.zone AS time_zone,
  d.is_complete AS is_complete,
  v.rolled_at AS created_at, v.rolled_at AS updated_at
FROM reporting.local_weeks d
LEFT JOIN LATERAL (SELECT
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads'), 0) AS leads,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'appointments_booked'), 0) AS appointments_booked,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'jobs_won'), 0) AS jobs_won,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'revenue_booked' AND r.currency = d.currency), 0) AS revenue_booked,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'payments_amount' AND r.currency = d.currency), 0) AS payments_amount,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'posted_payments_amount' AND r.currency = d.currency), 0) AS posted_payments_amount,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'response_seconds'), 0) AS response_seconds,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'response_answered'), 0) AS response_answered,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'response_within_5m'), 0) AS response_within_5m,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'response_due_5m'), 0) AS response_due_5m
  FROM rollups r WHERE r.client_id = d.client_id AND r.day >= d.day AND r.day < d.after
  AND r.measure IN ('leads', 'appointments_booked', 'jobs_won', 'revenue_booked', 'payments_amount', 'posted_payments_amount', 'response_seconds', 'response_answered', 'response_within_5m', 'response_due_5m')) a ON true
LEFT JOIN reporting.local_weeks p ON p.client_id = d.client_id AND p.after = d.day AND p.is_complete AND d.is_complete
LEFT JOIN LATERAL (SELECT
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads'), 0) AS leads,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'revenue_booked' AND r.currency = p.currency), 0) AS revenue_booked
  FROM rollups r WHERE r.client_id = p.client_id AND r.day >= p.day AND r.day < p.after
  AND r.measure IN ('leads', 'revenue_booked')) b ON true
LEFT JOIN LATERAL (SELECT max(rolled_at) AS rolled_at FROM rollup_days x WHERE x.client_id = d.client_id AND x.day >= d.day AND x.day < d.after) v ON true;

REVOKE ALL ON reporting.analytics_weekly FROM portal_app, portal_platform;

GRANT SELECT ON reporting.analytics_weekly TO portal_app, portal_platform;

COMMENT ON COLUMN reporting.analytics_weekly.new_leads IS 'People who first reached the client in the period, each once. Count.';

COMMENT ON COLUMN reporting.analytics_weekly.total_conversations IS 'Different conversations with a message in the time; never a sum of days. Count.';

COMMENT ON COLUMN reporting.analytics_weekly.appointments_booked IS 'Appointments booked in the period. Count.';

COMMENT ON COLUMN reporting.analytics_weekly.jobs_won IS 'Jobs won in the period, each once, on the day it was won, whenever the lead first came. Count.';

COMMENT ON COLUMN reporting.analytics_weekly.revenue_attributed_cents IS 'Value of the jobs won in the period, on the day each was won, less the value of won jobs that were cancelled, on the day of the cancellation. Minor units (cents, yen, fils) of the column currency.';

COMMENT ON COLUMN reporting.analytics_weekly.payments_collected_cents IS 'All payments on their own day, refunds taken off; posted payment steps where no payment of their own was sent. Minor units (cents, yen, fils) of the column currency.';

COMMENT ON COLUMN reporting.analytics_weekly.lead_to_appointment_rate IS 'Appointments booked per new lead. An activity ratio of one period: it may pass 1, because the leads may be older. Its cohort twin lies on the lead''s day. Basis points: 2500 is 25.00 %; null where there is nothing to divide by.';

COMMENT ON COLUMN reporting.analytics_weekly.appointment_to_job_rate IS 'Jobs won per appointment booked. An activity ratio of one period: it may pass 1, because the leads may be older. Its cohort twin lies on the lead''s day. Basis points: 2500 is 25.00 %; null where there is nothing to divide by.';

COMMENT ON COLUMN reporting.analytics_weekly.overall_conversion_rate IS 'Jobs won per new lead. An activity ratio of one period: it may pass 1, because the leads may be older. Its cohort twin lies on the lead''s day. Basis points: 2500 is 25.00 %; null where there is nothing to divide by.';

COMMENT ON COLUMN reporting.analytics_weekly.avg_response_time_seconds IS 'Mean time to the first answer by assistant or person; counted on the day of the first unanswered message, of the turns that had one. Seconds, rounded; null where nothing was measured.';

COMMENT ON COLUMN reporting.analytics_weekly.response_within_five_min IS 'Share of turns with at most 5 min to the first answer by assistant or person; counted on the day of the first unanswered message; younger turns are pending, in neither part. Per cent, two decimals; null where there is nothing to divide by.';

COMMENT ON COLUMN reporting.analytics_weekly.leads_change_percent IS 'Per cent against the one before. Null where a side is unfinished, missing or zero. People who first reached the client in the period, each once.';

COMMENT ON COLUMN reporting.analytics_weekly.revenue_change_percent IS 'Per cent against the one before. Null where a side is unfinished, missing or zero. Value of the jobs won in the period, on the day each was won, less the value of won jobs that were cancelled, on the day of the cancellation.';

COMMENT ON COLUMN reporting.analytics_weekly.week_start IS 'The client''s own local day, week or month.';

COMMENT ON COLUMN reporting.analytics_weekly.currency IS 'ISO 4217: amounts of other currencies are in no column.';

COMMENT ON COLUMN reporting.analytics_weekly.is_complete IS 'Whether all of its days are over.';

COMMENT ON COLUMN reporting.analytics_weekly.updated_at IS 'When any of its days was last rolled up.';

CREATE VIEW reporting.local_months WITH (security_invoker = true) AS
SELECT b.client_id, b.day, (b.day + interval '1 month')::date AS after, b.starts_at, b.ends_at, b.zone, b.currency,
  b.first_day = b.day AND b.ends_at <= now() AND (b.day + interval '1 month')::date = b.last_day + 1 AS is_complete
FROM (
  SELECT d.client_id, date_trunc('month', d.day::timestamp)::date AS day, min(d.starts_at) AS starts_at, max(d.ends_at) AS ends_at,
    min(d.day) AS first_day, max(d.day) AS last_day,
    (array_agg(d.zone ORDER BY d.day DESC))[1] AS zone,
    (array_agg(d.currency ORDER BY d.day DESC))[1] AS currency
  FROM reporting.local_days d GROUP BY 1, 2
) b;

REVOKE ALL ON reporting.local_months FROM portal_app, portal_platform;

GRANT SELECT ON reporting.local_months TO portal_app, portal_platform;

CREATE VIEW reporting.analytics_monthly WITH (security_invoker = true) AS
SELECT
  md5(d.client_id::text || d.day::text)::uuid AS id, d.client_id, to_char(d.day, 'YYYY-MM') AS month,
  round((a.leads))::bigint AS new_leads,
  round((a.leads_qualified))::bigint AS qualified_leads,
  round((a.appointments_booked))::bigint AS appointments_booked,
  round((a.quotes_sent))::bigint AS quotes_generated,
  round((a.jobs_won))::bigint AS jobs_won,
  round((a.jobs_lost))::bigint AS jobs_lost,
  round((a.revenue_booked))::bigint AS revenue_attributed_cents,
  round(((a.jobs_won_value / nullif(a.jobs_priced, 0))))::bigint AS avg_job_value_cents,
  round(((a.payments_amount + a.posted_payments_amount)))::bigint AS payments_collected_cents,
  CAST(NULL AS bigint) AS outstanding_invoices_cents,
  round(((a.inbound_messages + a.outbound_messages)))::bigint AS total_messages,
  round(100 * ((a.ai_messages / nullif((a.ai_messages + a.person_messages), 0))), 2) AS ai_handled_percent,
  CAST(NULL AS numeric) AS escalation_rate,
  round((a.reviews_received))::bigint AS reviews_received,
  CAST(NULL AS real) AS avg_rating,
  CAST(NULL AS bigint) AS five_star_reviews,
  round(10000 * ((a.jobs_won / nullif(a.leads, 0))))::bigint AS lead_to_job_rate,
  round(((a.platform_fee + (a.usage_micros + a.message_cost_micros))))::bigint AS platform_cost_cents,
  round(((a.revenue_booked / nullif(((a.platform_fee + a.ad_spend) + (a.usage_micros + a.message_cost_micros)), 0))), 4) AS roi_multiple,
  round(100 * (a.revenue_booked - b.revenue_booked) / abs(nullif(b.revenue_booked, 0)), 2) AS previous_month_revenue_change_pct,
  round(100 * (a.leads - b.leads) / abs(nullif(b.leads, 0)), 2) AS previous_month_leads_change_pct,
  d.currency, d.zone AS time_zone,
  d.is_complete AS is_complete,
  v.rolled_at AS created_at, v.rolled_at AS updated_at
FROM reporting.local_months d
LEFT JOIN LATERAL (SELECT
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads'), 0) AS leads,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads_qualified'), 0) AS leads_qualified,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'appointments_booked'), 0) AS appointments_booked,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'quotes_sent'), 0) AS quotes_sent,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'jobs_won'), 0) AS jobs_won,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'jobs_lost'), 0) AS jobs_lost,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'revenue_booked' AND r.currency = d.currency), 0) AS revenue_booked,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'jobs_won_value' AND r.currency = d.currency), 0) AS jobs_won_value,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'jobs_priced' AND r.currency = d.currency), 0) AS jobs_priced,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'payments_amount' AND r.currency = d.currency), 0) AS payments_amount,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'posted_payments_amount' AND r.currency = d.currency), 0) AS posted_payments_amount,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'inbound_messages'), 0) AS inbound_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'outbound_messages'), 0) AS outbound_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'ai_messages'), 0) AS ai_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'person_messages'), 0) AS person_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'reviews_received'), 0) AS reviews_received,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'platform_fee' AND r.currency = d.currency), 0) AS platform_fee,
  coalesce(sum(r.value * (CASE WHEN r.currency IN ('ADP', 'AFN', 'ALL', 'BIF', 'BYR', 'CLP', 'DJF', 'ESP', 'GNF', 'IQD', 'IRR', 'ISK', 'ITL', 'JPY', 'KMF', 'KPW', 'KRW', 'LAK', 'LBP', 'LUF', 'MGA', 'MGF', 'MMK', 'MRO', 'PYG', 'RSD', 'RWF', 'SLL', 'SOS', 'STD', 'SYP', 'TMM', 'TRL', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'YER', 'ZMK', 'ZWD') THEN 1e-6 WHEN r.currency IN ('BHD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 1e-3 WHEN r.currency IN ('CLF', 'UYW') THEN 1e-2 ELSE 1e-4 END)) FILTER (WHERE r.measure = 'usage_micros' AND r.currency = d.currency), 0) AS usage_micros,
  coalesce(sum(r.value * (CASE WHEN r.currency IN ('ADP', 'AFN', 'ALL', 'BIF', 'BYR', 'CLP', 'DJF', 'ESP', 'GNF', 'IQD', 'IRR', 'ISK', 'ITL', 'JPY', 'KMF', 'KPW', 'KRW', 'LAK', 'LBP', 'LUF', 'MGA', 'MGF', 'MMK', 'MRO', 'PYG', 'RSD', 'RWF', 'SLL', 'SOS', 'STD', 'SYP', 'TMM', 'TRL', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'YER', 'ZMK', 'ZWD') THEN 1e-6 WHEN r.currency IN ('BHD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 1e-3 WHEN r.currency IN ('CLF', 'UYW') THEN 1e-2 ELSE 1e-4 END)) FILTER (WHERE r.measure = 'message_cost_micros' AND r.currency = d.currency AND NOT EXISTS (SELECT FROM rollups u WHERE u.client_id = r.client_id AND u.measure = 'usage_micros' AND u.kind = r.kind AND u.day >= date_trunc('month', r.day::timestamp)::date AND u.day < (date_trunc('month', r.day::timestamp) + interval '1 month')::date)), 0) AS message_cost_micros,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'ad_spend' AND r.currency = d.currency), 0) AS ad_spend
  FROM rollups r WHERE r.client_id = d.client_id AND r.day >= d.day AND r.day < d.after
  AND r.measure IN ('leads', 'leads_qualified', 'appointments_booked', 'quotes_sent', 'jobs_won', 'jobs_lost', 'revenue_booked', 'jobs_won_value', 'jobs_priced', 'payments_amount', 'posted_payments_amount', 'inbound_messages', 'outbound_messages', 'ai_messages', 'person_messages', 'reviews_received', 'platform_fee', 'usage_micros', 'message_cost_micros', 'ad_spend')) a ON true
LEFT JOIN reporting.local_months p ON p.client_id = d.client_id AND p.after = d.day AND p.is_complete AND d.is_complete
LEFT JOIN LATERAL (SELECT
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'revenue_booked' AND r.currency = p.currency), 0) AS revenue_booked,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads'), 0) AS leads
  FROM rollups r WHERE r.client_id = p.client_id AND r.day >= p.day AND r.day < p.after
  AND r.measure IN ('revenue_booked', 'leads')) b ON true
LEFT JOIN LATERAL (SELECT max(rolled_at) AS rolled_at FROM rollup_days x WHERE x.client_id = d.client_id AND x.day >= d.day AND x.day < d.after) v ON true;

REVOKE ALL ON reporting.analytics_monthly FROM portal_app, portal_platform;

GRANT SELECT ON reporting.analytics_monthly TO portal_app, portal_platform;

COMMENT ON COLUMN reporting.analytics_monthly.new_leads IS 'People who first reached the client in the period, each once. Count.';

COMMENT ON COLUMN reporting.analytics_monthly.qualified_leads IS 'Leads that were qualified in the period. Count.';

COMMENT ON COLUMN reporting.analytics_monthly.appointments_booked IS 'Appointments booked in the period. Count.';

COMMENT ON COLUMN reporting.analytics_monthly.quotes_generated IS 'Steps of the kind quote_sent in the period. Count.';

COMMENT ON COLUMN reporting.analytics_monthly.jobs_won IS 'Jobs won in the period, each once, on the day it was won, whenever the lead first came. Count.';

COMMENT ON COLUMN reporting.analytics_monthly.jobs_lost IS 'Jobs lost in the period. Count.';

COMMENT ON COLUMN reporting.analytics_monthly.revenue_attributed_cents IS 'Value of the jobs won in the period, on the day each was won, less the value of won jobs that were cancelled, on the day of the cancellation. Minor units (cents, yen, fils) of the column currency.';

COMMENT ON COLUMN reporting.analytics_monthly.avg_job_value_cents IS 'Mean value of the jobs won that have one, in one currency. Minor units (cents, yen, fils) of the column currency.';

COMMENT ON COLUMN reporting.analytics_monthly.payments_collected_cents IS 'All payments on their own day, refunds taken off; posted payment steps where no payment of their own was sent. Minor units (cents, yen, fils) of the column currency.';

COMMENT ON COLUMN reporting.analytics_monthly.outstanding_invoices_cents IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.analytics_monthly.total_messages IS 'Messages received and sent. Count.';

COMMENT ON COLUMN reporting.analytics_monthly.ai_handled_percent IS 'Assistant''s messages as a share of those that assistant or people sent; no system ones. Per cent, two decimals; null where there is nothing to divide by.';

COMMENT ON COLUMN reporting.analytics_monthly.escalation_rate IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.analytics_monthly.reviews_received IS 'Steps of the kind review_received in the period. Count.';

COMMENT ON COLUMN reporting.analytics_monthly.avg_rating IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.analytics_monthly.five_star_reviews IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.analytics_monthly.lead_to_job_rate IS 'Jobs won per new lead. An activity ratio of one period: it may pass 1, because the leads may be older. Its cohort twin lies on the lead''s day. Basis points: 2500 is 25.00 %; null where there is nothing to divide by.';

COMMENT ON COLUMN reporting.analytics_monthly.platform_cost_cents IS 'Platform fee and usage costs. Minor units (cents, yen, fils) of the column currency.';

COMMENT ON COLUMN reporting.analytics_monthly.roi_multiple IS 'Attributed revenue for every unit of platform fee, ad spend and usage costs. A multiple; null where there is nothing to divide by.';

COMMENT ON COLUMN reporting.analytics_monthly.previous_month_revenue_change_pct IS 'Per cent against the one before. Null where a side is unfinished, missing or zero. Value of the jobs won in the period, on the day each was won, less the value of won jobs that were cancelled, on the day of the cancellation.';

COMMENT ON COLUMN reporting.analytics_monthly.previous_month_leads_change_pct IS 'Per cent against the one before. Null where a side is unfinished, missing or zero. People who first reached the client in the period, each once.';

COMMENT ON COLUMN reporting.analytics_monthly.month IS 'The client''s own local day, week or month.';

COMMENT ON COLUMN reporting.analytics_monthly.currency IS 'ISO 4217: amounts of other currencies are in no column.';

COMMENT ON COLUMN reporting.analytics_monthly.is_complete IS 'Whether all of its days are over.';

COMMENT ON COLUMN reporting.analytics_monthly.updated_at IS 'When any of its days was last rolled up.';

CREATE VIEW reporting.platform_analytics WITH (security_invoker = true) AS
SELECT md5(d.day::text)::uuid AS id, d.day AS date,
  s.total AS total_clients, s.active AS active_clients, s.new AS new_clients,
  s.churned AS churned_clients, s.reactivated AS reactivated_clients,
  m.mrr::bigint AS mrr_cents, m.new::bigint AS new_mrr_cents,
  (-m.churn)::bigint AS churned_mrr_cents,
  m.expansion::bigint AS expansion_mrr_cents, (-m.contraction)::bigint AS contraction_mrr_cents,
  m.reactivation::bigint AS reactivation_mrr_cents,
  round((a.leads))::bigint AS total_leads,
  round(((a.inbound_messages + a.outbound_messages)))::bigint AS total_messages,
  round((a.ai_messages))::bigint AS total_ai_responses,
  CAST(NULL AS bigint) AS total_escalations,
  round(((a.usage_micros + a.message_cost_micros)))::bigint AS total_api_costs_cents,
  round((a.usage_micros + a.message_cost_micros) / nullif(s.active, 0))::bigint
    AS avg_cost_per_client_cents,
  CAST(NULL AS real) AS avg_client_satisfaction,
  d.currency, d.zone AS time_zone, d.ends_at <= now() AS is_complete,
  v.rolled_at AS created_at
FROM (
  SELECT g.day::date AS day, z.zone, z.currency, CASE WHEN (((g.day + interval '1 day')::date::timestamp AT TIME ZONE z.zone) - interval '1 hour') AT TIME ZONE z.zone = (g.day + interval '1 day')::date::timestamp THEN ((g.day + interval '1 day')::date::timestamp AT TIME ZONE z.zone) - interval '1 hour' ELSE ((g.day + interval '1 day')::date::timestamp AT TIME ZONE z.zone) END AS ends_at
  FROM (SELECT coalesce(nullif(current_setting('portal.agency_zone', true), ''), '$AGENCY_ZONE$') AS zone, (SELECT currency FROM client_plan_changes GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1) AS currency) z
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
  coalesce(sum(m.amount_minor) FILTER (WHERE m.day = d.day AND m.kind = 'new'), 0) AS new,
  coalesce(sum(m.amount_minor) FILTER (WHERE m.day = d.day AND m.kind = 'churn'), 0) AS churn,
  coalesce(sum(m.amount_minor) FILTER (WHERE m.day = d.day AND m.kind = 'expansion'), 0) AS expansion,
  coalesce(sum(m.amount_minor) FILTER (WHERE m.day = d.day AND m.kind = 'contraction'), 0) AS contraction,
  coalesce(sum(m.amount_minor) FILTER (WHERE m.day = d.day AND m.kind = 'reactivation'), 0) AS reactivation
  FROM plan_movements m WHERE m.day <= d.day AND m.currency = d.currency) m ON true
LEFT JOIN LATERAL (SELECT
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'leads'), 0) AS leads,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'inbound_messages'), 0) AS inbound_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'outbound_messages'), 0) AS outbound_messages,
  coalesce(sum(r.value) FILTER (WHERE r.measure = 'ai_messages'), 0) AS ai_messages,
  coalesce(sum(r.value * (CASE WHEN r.currency IN ('ADP', 'AFN', 'ALL', 'BIF', 'BYR', 'CLP', 'DJF', 'ESP', 'GNF', 'IQD', 'IRR', 'ISK', 'ITL', 'JPY', 'KMF', 'KPW', 'KRW', 'LAK', 'LBP', 'LUF', 'MGA', 'MGF', 'MMK', 'MRO', 'PYG', 'RSD', 'RWF', 'SLL', 'SOS', 'STD', 'SYP', 'TMM', 'TRL', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'YER', 'ZMK', 'ZWD') THEN 1e-6 WHEN r.currency IN ('BHD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 1e-3 WHEN r.currency IN ('CLF', 'UYW') THEN 1e-2 ELSE 1e-4 END)) FILTER (WHERE r.measure = 'usage_micros' AND r.currency = d.currency), 0) AS usage_micros,
  coalesce(sum(r.value * (CASE WHEN r.currency IN ('ADP', 'AFN', 'ALL', 'BIF', 'BYR', 'CLP', 'DJF', 'ESP', 'GNF', 'IQD', 'IRR', 'ISK', 'ITL', 'JPY', 'KMF', 'KPW', 'KRW', 'LAK', 'LBP', 'LUF', 'MGA', 'MGF', 'MMK', 'MRO', 'PYG', 'RSD', 'RWF', 'SLL', 'SOS', 'STD', 'SYP', 'TMM', 'TRL', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'YER', 'ZMK', 'ZWD') THEN 1e-6 WHEN r.currency IN ('BHD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 1e-3 WHEN r.currency IN ('CLF', 'UYW') THEN 1e-2 ELSE 1e-4 END)) FILTER (WHERE r.measure = 'message_cost_micros' AND r.currency = d.currency AND NOT EXISTS (SELECT FROM rollups u WHERE u.client_id = r.client_id AND u.measure = 'usage_micros' AND u.kind = r.kind AND u.day >= date_trunc('month', r.day::timestamp)::date AND u.day < (date_trunc('month', r.day::timestamp) + interval '1 month')::date)), 0) AS message_cost_micros
  FROM rollups r WHERE r.day >= d.day AND r.day < d.day + 1
  AND r.measure IN ('leads', 'inbound_messages', 'outbound_messages', 'ai_messages', 'usage_micros', 'message_cost_micros')) a ON true
LEFT JOIN LATERAL (SELECT max(rolled_at) AS rolled_at FROM rollup_days x WHERE x.day = d.day) v
  ON true;

REVOKE ALL ON reporting.platform_analytics FROM portal_app, portal_platform;

GRANT SELECT ON reporting.platform_analytics TO portal_platform;

COMMENT ON COLUMN reporting.platform_analytics.date IS 'A day of the agency''s zone; sums are of each client''s own local day of that date.';

COMMENT ON COLUMN reporting.platform_analytics.total_clients IS 'Clients at the end of the day that have not churned.';

COMMENT ON COLUMN reporting.platform_analytics.active_clients IS 'Clients that were active at the end of the day.';

COMMENT ON COLUMN reporting.platform_analytics.new_clients IS 'Clients that began on the day.';

COMMENT ON COLUMN reporting.platform_analytics.churned_clients IS 'Clients that churned on the day.';

COMMENT ON COLUMN reporting.platform_analytics.reactivated_clients IS 'Churned clients that came back on the day.';

COMMENT ON COLUMN reporting.platform_analytics.mrr_cents IS 'Monthly recurring revenue at the end of the day. Minor units of the column currency.';

COMMENT ON COLUMN reporting.platform_analytics.new_mrr_cents IS 'From clients that never paid before. Minor units of the column currency.';

COMMENT ON COLUMN reporting.platform_analytics.churned_mrr_cents IS 'Lost with clients that stopped paying, as a positive amount. Minor units of the column currency.';

COMMENT ON COLUMN reporting.platform_analytics.expansion_mrr_cents IS 'From clients that pay more. Minor units of the column currency.';

COMMENT ON COLUMN reporting.platform_analytics.contraction_mrr_cents IS 'Lost with clients that pay less, as a positive amount. Minor units of the column currency.';

COMMENT ON COLUMN reporting.platform_analytics.reactivation_mrr_cents IS 'From clients that pay again. Minor units of the column currency.';

COMMENT ON COLUMN reporting.platform_analytics.avg_cost_per_client_cents IS 'API costs of the day for each active client. Minor units of the column currency.';

COMMENT ON COLUMN reporting.platform_analytics.avg_client_satisfaction IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.platform_analytics.currency IS 'The currency of most plans: amounts of others are in no column.';

COMMENT ON COLUMN reporting.platform_analytics.total_leads IS 'People who first reached the client in the period, each once. Count.';

COMMENT ON COLUMN reporting.platform_analytics.total_messages IS 'Messages received and sent. Count.';

COMMENT ON COLUMN reporting.platform_analytics.total_ai_responses IS 'Messages that the assistant sent. Count.';

COMMENT ON COLUMN reporting.platform_analytics.total_escalations IS 'Null: nothing that the portal receives says this yet.';

COMMENT ON COLUMN reporting.platform_analytics.total_api_costs_cents IS 'What services charged; for a medium and month without a bill, what its messages cost. Minor units (cents, yen, fils) of the column currency.';

