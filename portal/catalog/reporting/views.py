"""
The SQL of the views. Each is a security invoker: it shows what its reader may see, no more.

A view is frozen in the migration that makes it; a test compares that with what this module writes.
"""

from collections.abc import Sequence

from babel.numbers import get_currency_precision, list_currencies

from portal.catalog.family import MEASURES, Kind, Measure
from portal.catalog.formula import Combined, Formula, Number
from portal.catalog.reporting.columns import (
    DAILY,
    MONTHLY,
    STAGES,
    WEEKLY,
    Column,
)
from portal.catalog.subjects import METRICS

USUAL = 2
UNITS = {
    "count": "Count.",
    "cents": "Minor units (cents, yen, fils) of the column currency.",
    "seconds": "Seconds, rounded; null where nothing was measured.",
    "basis_points": "Basis points: 2500 is 25.00 %; null where there is nothing to divide by.",
    "percent": "Per cent, two decimals; null where there is nothing to divide by.",
    "number": "A multiple; null where there is nothing to divide by.",
    "change": "",
    "null": "",
}
# A midnight that comes twice begins the day at the first; PostgreSQL alone would take the second.
START = (
    "CASE WHEN ({at} - interval '1 hour') AT TIME ZONE {zone} = {day}::timestamp"
    " THEN {at} - interval '1 hour' ELSE {at} END"
)


def client_statements() -> list[str]:
    """Give the statements of the schema and of the clients' own tables, in order."""
    return [
        "CREATE SCHEMA reporting",
        "GRANT USAGE ON SCHEMA reporting TO portal_app, portal_platform",
        *_days(),
        *_of_clients("analytics_daily", "date", "d.day", "local_days", DAILY),
        *_spans("weeks", "d.day - (extract(isodow FROM d.day)::int + 6 - d.week_start) % 7", 7),
        *_of_clients("analytics_weekly", "week_start", "d.day", "local_weeks", WEEKLY),
        *_spans("months", "date_trunc('month', d.day::timestamp)::date", 0),
        *_of_clients(
            "analytics_monthly", "month", "to_char(d.day, 'YYYY-MM')", "local_months", MONTHLY
        ),
    ]


def start(day: str, zone: str) -> str:
    """Write the instant at which a local day starts."""
    at = f"({day}::timestamp AT TIME ZONE {zone})"
    return START.format(at=at, zone=zone, day=day)


def _days() -> list[str]:
    """Each client's local days: their instants, zone, week start and currency."""
    return view(
        "local_days",
        f"""
SELECT b.client_id, g.day::date AS day, c.zone, c.week_start::int AS week_start, c.currency,
  {start("g.day::date", "c.zone")} AS starts_at,
  {start("(g.day + interval '1 day')::date", "n.zone")} AS ends_at
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
  z.from_on LIMIT 1) n""",
        {},
    )


def _spans(words: str, start: str, days: int) -> list[str]:
    """Each client's weeks or months: first day, end, and whether all of their days are over."""
    end = f"b.day + {days}" if days else "(b.day + interval '1 month')::date"
    return view(
        f"local_{words}",
        f"""
SELECT b.client_id, b.day, {end} AS after, b.starts_at, b.ends_at, b.zone, b.currency,
  b.first_day = b.day AND b.ends_at <= now() AND {end} = b.last_day + 1 AS is_complete
FROM (
  SELECT d.client_id, {start} AS day, min(d.starts_at) AS starts_at, max(d.ends_at) AS ends_at,
    min(d.day) AS first_day, max(d.day) AS last_day,
    (array_agg(d.zone ORDER BY d.day DESC))[1] AS zone,
    (array_agg(d.currency ORDER BY d.day DESC))[1] AS currency
  FROM reporting.local_days d GROUP BY 1, 2
) b""",
        {},
    )


def _of_clients(
    name: str, key: str, key_sql: str, relation: str, columns: Sequence[Column]
) -> list[str]:
    """A table with one row for each client and day, week or month."""
    is_daily = relation == "local_days"
    after = "d.day + 1" if is_daily else "d.after"
    complete = "d.ends_at <= now()" if is_daily else "d.is_complete"
    used = measures(columns)
    changed = [one for one in columns if one.unit == "change"]
    joins = sums("a", used, "d.client_id", "d.day", after)
    if is_daily:
        joins += _snapshot()
    if changed:
        joins += _before(relation, measures(changed))
    made = [f"  {column(one)} AS {one.name}" for one in columns]
    own = ",\n".join(
        [
            f"  md5(d.client_id::text || d.day::text)::uuid AS id, d.client_id, {key_sql} AS {key}",
            *made,
            "  d.currency, d.zone AS time_zone",
            f"  {complete} AS is_complete",
            "  v.rolled_at AS created_at, v.rolled_at AS updated_at",
        ]
    )
    joins += (
        "\nLEFT JOIN LATERAL (SELECT max(rolled_at) AS rolled_at FROM rollup_days x"
        f" WHERE x.client_id = d.client_id AND x.day >= d.day AND x.day < {after}) v ON true"
    )
    comments = {one.name: comment(one) for one in columns}
    comments |= {
        key: "The client's own local day, week or month.",
        "currency": "ISO 4217: amounts of other currencies are in no column.",
        "is_complete": "Whether all of its days are over.",
        "updated_at": "When any of its days was last rolled up.",
    }
    return view(name, f"SELECT\n{own}\nFROM reporting.{relation} d{joins}", comments)


def _snapshot() -> str:
    """Join the leads in each stage: all that entered less all that left, up to the day's end."""
    sums = ", ".join(
        f"sum(CASE WHEN r.measure = 'stage_entries' THEN r.value ELSE -r.value END)"
        f" FILTER (WHERE r.stage = '{stage}') AS {stage}"
        for stage in STAGES
    )
    return (
        f"\nLEFT JOIN LATERAL (SELECT {sums} FROM rollups r WHERE r.client_id = d.client_id"
        " AND r.measure IN ('stage_entries', 'stage_exits') AND r.day <= d.day) s ON true"
    )


def _before(relation: str, measures: Sequence[Measure]) -> str:
    """Join the same sums of the bucket before, if all of its days are over."""
    return (
        f"\nLEFT JOIN reporting.{relation} p ON p.client_id = d.client_id"
        " AND p.after = d.day AND p.is_complete AND d.is_complete"
        + sums("b", measures, "p.client_id", "p.day", "p.after", currency="p.currency")
    )


def sums(
    alias: str,
    measures: Sequence[Measure],
    client: str,
    first: str,
    after: str,
    currency: str = "d.currency",
) -> str:
    """Join the sums of measures over the days of a bucket."""
    keys = ", ".join(f"'{m.key}'" for m in measures)
    sums = ",\n  ".join(f"{_sum(m, currency)} AS {m.key}" for m in measures)
    whose = f"r.client_id = {client} AND " if client else ""
    return (
        f"\nLEFT JOIN LATERAL (SELECT\n  {sums}\n  FROM rollups r WHERE {whose}"
        f"r.day >= {first} AND r.day < {after}\n  AND r.measure IN ({keys})) {alias} ON true"
    )


def _sum(measure: Measure, currency: str) -> str:
    where = f"r.measure = '{measure.key}'"
    value = "r.value"
    if measure.kind.has_currency:
        where += f" AND r.currency = {currency}"
    if measure.kind is Kind.MICROS:
        value = f"r.value * {_factor()}"
    if measure.unless:
        month = "date_trunc('month', r.day::timestamp)"
        where += (
            f" AND NOT EXISTS (SELECT FROM rollups u WHERE u.client_id = r.client_id"
            f" AND u.measure = '{measure.unless}' AND u.kind = r.kind"
            f" AND u.day >= {month}::date AND u.day < ({month} + interval '1 month')::date)"
        )
    return f"coalesce(sum({value}) FILTER (WHERE {where}), 0)"


def _factor() -> str:
    """From millionths of the unit to its minor unit, by currency."""
    by: dict[int, list[str]] = {}
    for code in sorted(list_currencies()):
        if (digits := get_currency_precision(code)) != USUAL:
            by.setdefault(digits, []).append(code)
    cases = " ".join(
        f"WHEN r.currency IN ({', '.join(map(repr, codes))}) THEN 1e-{6 - digits}"
        for digits, codes in sorted(by.items())
    )
    return f"(CASE {cases} ELSE 1e-{6 - USUAL} END)"


def measures(columns: Sequence[Column]) -> list[Measure]:
    """List the measures of the columns' metrics."""
    keys = [METRICS[one.metric].formula.measure_keys() for one in columns if one.metric]
    return [MEASURES[key] for key in dict.fromkeys(key for some in keys for key in some)]


def column(column: Column) -> str:
    """Write a column's expression."""
    if column.sql:
        return column.sql
    formula = METRICS[column.metric].formula
    value = written(formula, "a")
    if column.unit == "change":
        before = written(formula, "b")
        return f"round(100 * ({value} - {before}) / abs(nullif({before}, 0)), 2)"
    wraps = {
        "count": "round({})::bigint",
        "cents": "round({})::bigint",
        "seconds": "round({})::bigint",
        "basis_points": "round(10000 * {})::bigint",
        "percent": "round(100 * {}, 2)",
        "number": "round({}, 4)",
    }
    return wraps[column.unit].format(f"({value})")


def written(formula: Formula, alias: str) -> str:
    """Write a formula over the sums of one join."""
    if isinstance(formula, Measure):
        return f"{alias}.{formula.key}"
    if isinstance(formula, Number):
        return str(formula.number)
    assert isinstance(formula, Combined)
    left, right = written(formula.left, alias), written(formula.right, alias)
    if formula.operator == "÷":
        return f"({left} / nullif({right}, 0))"
    return f"({left} {formula.operator.replace('−', '-').replace('×', '*')} {right})"


def comment(column: Column) -> str:
    """Say what a column holds, and in which unit."""
    said = METRICS[column.metric].definition if column.metric else ""
    return " ".join(part for part in (column.comment, said, UNITS[column.unit]) if part)


def view(name: str, sql: str, comments: dict[str, str], *, for_app: bool = True) -> list[str]:
    """Create a view that shows its reader's rows alone, with its grants and comments."""
    readers = "portal_app, portal_platform" if for_app else "portal_platform"
    full = f"reporting.{name}"
    made = [
        f"CREATE VIEW {full} WITH (security_invoker = true) AS\n{sql.strip()}",
        f"REVOKE ALL ON {full} FROM portal_app, portal_platform",
        f"GRANT SELECT ON {full} TO {readers}",
    ]
    quoted = {column: words.replace("'", "''") for column, words in comments.items()}
    return made + [f"COMMENT ON COLUMN {full}.{c} IS '{words}'" for c, words in quoted.items()]
