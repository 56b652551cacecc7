"""The contract is generated from the code, complete, and what is really answered."""

import re
from typing import Any

import msgspec
from flask import Flask
from flask.testing import FlaskClient

from portal.blueprints.api import contract
from portal.blueprints.api.openapi import undocumented
from portal.ingest.kinds.kind import KINDS
from tests.blueprints.api.test_query import JANUARY, Ask, ask

__all__ = ["ask"]


def fetched(browser: FlaskClient) -> dict[str, Any]:
    """The document, as anybody gets it."""
    answer = browser.get("/api/v1/openapi.json", base_url="https://localhost")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_the_document_is_whole(browser: FlaskClient) -> None:
    """Each reference leads somewhere; every kind of fact has its schema."""
    document = fetched(browser)
    schemas = document["components"]["schemas"]
    names = set(
        re.findall(r"#/components/schemas/([\w.]+)", msgspec.json.encode(document).decode())
    )

    assert document["openapi"] == "3.1.0"
    assert names <= set(schemas)
    assert {kind.item.__name__ for kind in KINDS.values()} <= set(schemas)
    post = document["paths"]["/api/v1/facts/{kind}"]["post"]
    assert set(post["parameters"][0]["schema"]["enum"]) == set(KINDS)


def test_no_address_is_left_out(app: Flask, session: object) -> None:
    with app.test_request_context():
        assert undocumented() == set()


def test_what_is_answered_is_what_the_document_says(ask: Ask) -> None:
    question = {"metrics": ["leads", "revenue_booked"], "period": JANUARY, "compare": "year"}
    for path, body, answer in (
        ("query", question | {"grain": "month"}, contract.QueryAnswer),
        ("rows", {"metric": "leads", "period": JANUARY}, contract.RowsAnswer),
        ("metrics", None, contract.MetricsAnswer),
        ("dimensions", None, contract.DimensionsAnswer),
        ("events/names", None, contract.EventNamesAnswer),
    ):
        msgspec.convert(ask(path, body), answer)
    msgspec.convert(ask("query", {}, 422), contract.ProblemAnswer)


def test_the_page_reads_without_anything_from_elsewhere(browser: FlaskClient) -> None:
    page = browser.get("/api/v1/docs", base_url="https://localhost")

    assert page.status_code == 200
    assert "POST /api/v1/query" in page.text
    assert not re.search(r"(src|href)=\"(https?:)?//", page.text)
