"""Addresses with changed arguments, initials, themes."""

import pytest
from flask import Flask

from portal.blueprints.filters import initials, kept_args, page_theme, with_args
from tests.browser.styleguide import make


@pytest.fixture(scope="module")
def guide() -> Flask:
    return make()


def test_arguments_are_changed_added_and_taken_away(guide: Flask) -> None:
    with guide.test_request_context("/c/acme/leads?f=a&f=b&sort=-name&page=3"):
        assert with_args(sort="name", page=None) == "/c/acme/leads?f=a&f=b&sort=name"
        assert with_args(f=None, sort=None, page=None) == "/c/acme/leads"
        assert with_args(q="a & b").endswith("&q=a+%26+b")


def test_a_form_keeps_what_it_does_not_ask(guide: Flask) -> None:
    with guide.test_request_context("/x?f=a&f=b&page=3"):
        assert kept_args("page") == [("f", "a"), ("f", "b")]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Summit Roofing", "SR"),
        ("Mesa Verde Community Fund", "MF"),
        ("acme", "A"),
        ("Cedar & Pine", "CP"),
        ("  ", " "),
        ("", ""),
    ],
)
def test_initials_are_those_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("auto", ""), ('"><script>', "")]
)
def test_only_known_themes_reach_the_page(guide: Flask, cookie: str, theme: str) -> None:
    with guide.test_request_context("/", headers={"Cookie": f"theme={cookie}"}):
        assert page_theme() == theme


def test_the_page_carries_the_theme(guide: Flask) -> None:
    browser = guide.test_client()
    browser.set_cookie("theme", "dark")

    assert '<html lang="en" data-theme="dark">' in browser.get("/login").text
