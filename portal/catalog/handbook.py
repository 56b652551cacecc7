"""The handbook of metrics, written from the catalog: `portal metrics` writes docs/metrics.md."""

from collections.abc import Iterable, Iterator

from portal.catalog.dimension import DIMENSION, ORDER
from portal.catalog.family import FAMILIES, MEASURES, Measure
from portal.catalog.metric import Metric
from portal.catalog.subjects import METRICS

HEAD = """# Metrics

Written by `portal metrics` from `portal/catalog`; a test fails when it is stale. To add one: a line
in `portal/catalog/metrics/<subject>.py`, its second opinion in `tests/oracle.py`, and this file.

Undefined is null and shown as "–", never zero. Totals of ratios are ratios of sums. A day is the
client's own local day, half-open. Money is in one currency, in minor units.
"""


def handbook() -> str:
    """Write the whole handbook as Markdown."""
    return "\n".join([HEAD, *_metrics(), *_dimensions(), *_measures()])


def _metrics() -> Iterator[str]:
    yield _table(("Metric", "Formula", "Unit", "Adds up", "Definition"))
    for metric in sorted(METRICS.values(), key=lambda m: m.key):
        yield _row(
            f"`{metric.key}` {metric.label}",
            metric.formula.text(),
            _unit(metric),
            metric.additivity,
            metric.definition,
        )
    yield "\n## What answers the source documents\n"
    yield _table(("Column", "Metric"))
    named = [(column, m.key) for m in METRICS.values() for column in m.documents]
    for column, key in sorted(named):
        yield _row(f"`{column}`", f"`{key}`")


def _dimensions() -> Iterator[str]:
    yield "\n## Dimensions\n"
    yield _table(("Dimension", "What it is", "Metrics"))
    for key in ORDER:
        having = [metric.key for metric in METRICS.values() if key in metric.dimensions]
        yield _row(f"`{key}`", DIMENSION[key].definition, str(len(having)))


def _measures() -> Iterator[str]:
    yield "\n## Measures\n"
    yield "What is counted, in one pass over each family; all but distinct counts and percentiles"
    yield "are kept by day, those marked hourly also by hour.\n"
    for family in sorted(FAMILIES.values(), key=lambda f: f.key):
        own = [m for m in MEASURES.values() if m.family is family]
        yield f"### {family.key}\n"
        yield f"Dated by `{family.instant or family.local_day}`; by {_words(family.dimensions)}."
        yield f"Kept by {_words(family.kept)}.\n"
        yield _table(("Measure", "Aggregate", "Kind", "Where"))
        for measure in sorted(own, key=lambda m: m.key):
            yield _row(f"`{measure.key}`", _aggregate(measure), measure.kind, measure.where)
        yield ""


def _aggregate(measure: Measure) -> str:
    words = [measure.aggregate.value]
    if measure.entries:
        words.append(f"of {measure.entries} − {measure.exits}")
    if measure.hourly:
        words.append("hourly")
    return ", ".join(words)


def _unit(metric: Metric) -> str:
    return f"{metric.unit.value}, better {metric.better.value}"


def _words(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _table(names: Iterable[str]) -> str:
    heads = list(names)
    return f"{_row(*heads)}\n{_row(*['---'] * len(heads))}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
