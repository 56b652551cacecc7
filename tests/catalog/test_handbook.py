"""The handbook says what the catalog says."""

from pathlib import Path

from portal.catalog.handbook import handbook
from portal.catalog.subjects import METRICS

WRITTEN = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_handbook_is_fresh() -> None:
    """`portal metrics` writes it anew."""
    assert WRITTEN.read_text() == handbook()


def test_every_metric_says_what_it_is() -> None:
    for metric in METRICS.values():
        assert metric.definition.endswith("."), metric.key
        assert len(metric.definition) > 10
        assert metric.label[0].isupper()
        assert metric.measures


def test_no_column_of_a_document_has_two_answers() -> None:
    named = [column for metric in METRICS.values() for column in metric.documents]

    assert len(named) == len(set(named))
