"""What templates may not hold, under a strict content security policy."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "portal" / "templates"
FILES = sorted(TEMPLATES.rglob("*.html"))
PAGES = [path for path in FILES if "mail" not in path.relative_to(TEMPLATES).parts]
FORBIDDEN = {
    "a style attribute": r"\sstyle\s*=",
    "an event attribute": r"\son[a-z]+\s*=",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "an inline style sheet": r"<style",
    "another host": r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//",
    "unescaped text": r"\|\s*safe\b",
    "a data URI": r"(?:src|href)\s*=\s*[\"']data:",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_page_template_holds(what: str) -> None:
    """One test a kind of thing; the message names the files."""
    found = [
        str(path.relative_to(TEMPLATES))
        for path in PAGES
        if re.search(FORBIDDEN[what], path.read_text(), re.IGNORECASE)
    ]

    assert found == []


def test_there_are_templates() -> None:
    """The tests above look at something."""
    assert len(PAGES) > 20


def test_no_part_is_long() -> None:
    """A part does one thing."""
    long = {
        str(path.relative_to(TEMPLATES)): lines
        for path in PAGES
        if path.name.startswith("_") and (lines := path.read_text().count("\n")) > 80
    }

    assert long == {}
