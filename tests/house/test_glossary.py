"""Words that a page may show: the glossary's own, and never those it rules out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "portal" / "templates"
RULED_OUT = (
    "tenant", "organisation", "organization", "granularity", "time frame", "timeframe",
    "staff", "KPI", "breakdown", "dirty flag", "touchpoint", "snapshot",
)  # fmt: skip
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
CODE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


def shown(text: str) -> str:
    """Take what a reader sees: no comment, no tag, no expression but its quoted words."""
    text = COMMENT.sub("", text)
    words = " ".join(
        quoted for code in CODE.findall(text) for quoted in re.findall(r"'([^']* [^']*)'", code)
    )
    return TAG.sub(" ", CODE.sub(" ", text)) + " " + words


@pytest.mark.parametrize("word", RULED_OUT)
def test_no_page_shows_a_word_that_the_glossary_rules_out(word: str) -> None:
    """One word per thing, on pages too."""
    pattern = re.compile(rf"\b{re.escape(word)}s?\b", re.IGNORECASE)
    found = [
        str(path.relative_to(TEMPLATES))
        for path in sorted(TEMPLATES.rglob("*.html"))
        if pattern.search(shown(path.read_text()))
    ]

    assert found == []


def test_each_word_of_the_glossary_is_explained_once() -> None:
    rows = (ROOT / "docs" / "glossary.md").read_text().splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("| **")]
    words = [word for cell in cells for word in re.findall(r"\*\*([^*]+)\*\*", cell)]

    assert len(words) > 20
    assert len(words) == len(set(words))
