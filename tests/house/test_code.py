"""Budgets and words of the code itself (house style, sections 5 and 7)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "portal").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BANNED = {"utils", "util", "helpers", "helper", "misc", "manager", "service", "handler", "common"}
OTHER_WORDS = {"tenant", "organization", "organisation", "granularity", "touchpoint"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Every module of the portal, parsed."""
    for path in FILES:
        yield path, ast.parse(path.read_text())


def test_no_module_is_long() -> None:
    """Three hundred lines; a longer one is two ideas."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in FILES
        if (lines := path.read_text().count("\n")) > 300
    }

    assert long == {}


def test_every_module_says_what_lives_there() -> None:
    assert [str(path) for path, tree in trees() if not ast.get_docstring(tree)] == []


def test_every_public_function_and_class_says_what_it_does() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path, tree in trees()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert silent == []


def test_no_name_means_nothing() -> None:
    """utils, helpers, manager and the like name no subject."""
    files = [path for path in FILES if BANNED & set(re.split(r"[_.]", path.stem.lower()))]
    names = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and re.search(r"(Manager|Service|Helper|Handler|Utils?)$", node.name)
    ]

    assert files == []
    assert names == []


def test_the_tenant_is_called_client() -> None:
    """One word for one thing; only the module is called tenancy."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} {name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.arg | ast.Name)
        for name in _names(node)
        if OTHER_WORDS & set(name.lower().split("_"))
    ]

    assert wrong == []


def test_imports_stand_at_the_top() -> None:
    """Outside the command line, which imports what a command needs when it runs."""
    inner = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in trees()
        if "cli" not in path.parts
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert inner == []


@pytest.mark.parametrize("mark", ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
def test_nothing_is_left_for_later(mark: str) -> None:
    found = [str(path.relative_to(ROOT)) for path in FILES + TESTS if mark in path.read_text()]

    assert found == []


def test_no_exception_is_swallowed() -> None:
    """An `except` whose body is `pass` hides what went wrong."""
    swallowed = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and all(isinstance(line, ast.Pass) for line in node.body)
    ]

    assert swallowed == []


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name):
        yield node.id
