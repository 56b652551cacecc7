"""What is installed is what the code imports, what pyproject.toml names, and what is locked."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OF_FLASK = {"itsdangerous", "jinja2", "markupsafe", "werkzeug"}
"""Flask's own parts: its versions choose theirs."""


def plain(requirement: str) -> str:
    """Name of a requirement as registries write it."""
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


def named(*lists: list[str]) -> set[str]:
    """Names in lists of requirements."""
    return {plain(requirement) for requirement in chain(*lists)}


def locked(file: str) -> dict[str, str]:
    """Version by name in a lock."""
    text = (ROOT / "requirements" / file).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", text, re.MULTILINE))


PRODUCT = named(
    PROJECT["project"]["dependencies"], PROJECT["project"]["optional-dependencies"]["embedded"]
)
DEV = named(PROJECT["dependency-groups"]["dev"])


def test_all_that_is_named_is_locked() -> None:
    """`make lock` after a change of pyproject.toml."""
    assert not PRODUCT - set(locked("product.txt"))
    assert not DEV - set(locked("dev.txt"))
    assert set(locked("product.txt").items()) <= set(locked("dev.txt").items())


def test_all_that_the_product_imports_is_named() -> None:
    """What comes along with another package today may not tomorrow."""
    homes = packages_distributions()
    missing = set()
    for path in (ROOT / "portal").rglob("*.py"):
        for top in imported(path) - set(sys.stdlib_module_names) - OF_FLASK - {"portal"}:
            if not {plain(name) for name in homes.get(top, [top])} & PRODUCT:
                missing.add(top)
    assert not missing


def imported(path: Path) -> set[str]:
    """Top-level packages that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("file", ["product.txt", "dev.txt", "build.txt", "node.txt"])
def test_every_package_has_hashes_and_none_an_address(file: str) -> None:
    """A lock works with any registry, and with no other content."""
    text = (ROOT / "requirements" / file).read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("folder", [".", "tools/chromium"])
def test_npm_locks_hold_integrity_and_no_address(folder: str) -> None:
    """`resolved` would name the registry of whoever made the lock."""
    text = (ROOT / folder / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity"') == text.count('"node_modules/')
