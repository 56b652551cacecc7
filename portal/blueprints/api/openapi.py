"""GET /api/v1/openapi.json and /api/v1/docs: the contract, generated from the code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
from flask import current_app, render_template
from werkzeug import Response

from portal.blueprints.api import contract
from portal.blueprints.api.asked import QueryBody, RowsBody
from portal.blueprints.api.scope import bp
from portal.ingest.kinds.kind import KINDS
from portal.ingest.verdicts import Verdicts

REFERENCE = "#/components/schemas/{name}"
PAGE = ("from", "to", "received_from", "received_to", "limit", "cursor")


@dataclass(frozen=True)
class Operation:
    """One address and method: which key opens it, what it takes, what it answers."""

    path: str
    method: str
    summary: str
    scope: str
    answer: type | None = None
    body: Any = None
    query: tuple[str, ...] = ()
    errors: tuple[int, ...] = (401, 403, 429, 503)
    media: str = "application/json"
    parameters: Mapping[str, str] = field(default_factory=dict)


KIND = {"kind": "The kind of fact."}
READ = "read"
OPERATIONS = (
    Operation("/api/v1/query", "post", "Ask for numbers", READ, contract.QueryAnswer, QueryBody),
    Operation("/api/v1/rows", "post", "List a figure's facts", READ, contract.RowsAnswer, RowsBody),
    Operation("/api/v1/metrics", "get", "List the metrics", READ, contract.MetricsAnswer),
    Operation("/api/v1/dimensions", "get", "List dimensions", READ, contract.DimensionsAnswer),
    Operation(
        "/api/v1/events/names", "get", "List the event names", "read", contract.EventNamesAnswer
    ),
    Operation(
        "/api/v1/events",
        "get",
        "Read product events back",
        "read",
        contract.PageAnswer,
        query=(*PAGE, "event"),
    ),
    Operation(
        "/api/v1/facts/{kind}",
        "get",
        "Read facts back",
        "read",
        contract.PageAnswer,
        query=PAGE,
        parameters=KIND,
    ),
    Operation(
        "/api/v1/facts/{kind}",
        "post",
        "Store facts; a verdict for each",
        "ingest",
        Verdicts,
        body="facts",
        parameters=KIND,
    ),
    *(
        Operation(path, "post", f"Store product events: {who}", "ingest", Verdicts, body="events")
        for path, who in (
            ("/v1/batch", "what Segment's and RudderStack's clients send"),
            ("/v1/{call}", "one call of theirs"),
            ("/batch/", "what PostHog's clients send"),
        )
    ),
    Operation(
        "/api/v1/facts/{kind}/{external_id}",
        "delete",
        "Withdraw a fact",
        "ingest",
        query=("version", "system"),
        parameters=KIND | {"external_id": "The sender's own id."},
    ),
)


@bp.get("/openapi.json")
def openapi() -> Response:
    """Give the contract as OpenAPI 3.1."""
    return Response(msgspec.json.encode(document()), mimetype="application/json")


@bp.get("/docs")
def docs() -> str:
    """Give the same as a page to read, which loads nothing from elsewhere."""
    return render_template("api/openapi/docs.html", operations=OPERATIONS, document=document())


openapi.is_open = docs.is_open = True  # type: ignore[attr-defined]  # read by blueprints.access


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Make the whole document."""
    items = {kind.key: kind.item for kind in KINDS.values()}
    types = [t for o in OPERATIONS for t in (o.answer, o.body) if isinstance(t, type)]
    types += [*items.values(), contract.ProblemAnswer]
    schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    by_type = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one, by_type, items)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portal", "version": "1", "description": "Facts in, numbers out."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _operation(
    one: Operation, by_type: Mapping[type, Any], items: Mapping[str, type]
) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": by_type[contract.ProblemAnswer]}}
    answers: dict[str, Any] = {
        str(status): {"description": "See the problem's detail.", "content": problem}
        for status in (*one.errors, *((400, 413, 415, 422) if one.body else ()))
    }
    answers["200"] = {"description": one.summary}
    if one.answer:
        answers["200"]["content"] = {one.media: {"schema": by_type[one.answer]}}
    words = re.findall(r"[a-z]+", one.path.removeprefix("/api/v1"))
    made = {
        "operationId": "_".join([one.method, *words]),
        "summary": one.summary,
        "description": f"Opened by a key of scope {one.scope}.",
        "parameters": _parameters(one),
        "responses": dict(sorted(answers.items())),
    }
    if one.body:
        schema = by_type[one.body] if isinstance(one.body, type) else {"type": "object"}
        if one.body == "facts":
            schema = _facts(by_type, items)
        made["requestBody"] = {"required": True, "content": {one.media: {"schema": schema}}}
    return made


def _facts(by_type: Mapping[type, Any], items: Mapping[str, type]) -> dict[str, Any]:
    """One list, whose items are of the kind in the path."""
    kinds = [{"type": "array", "maxItems": 1000, "items": by_type[item]} for item in items.values()]
    return {"anyOf": kinds}


def _parameters(one: Operation) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for name, words in one.parameters.items():
        schema: dict[str, Any] = {"type": "string"}
        if name == "kind":
            schema["enum"] = list(KINDS)
        made.append(
            {"name": name, "in": "path", "required": True, "description": words, "schema": schema}
        )
    made += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in one.query]
    return made


def undocumented() -> set[tuple[str, str]]:
    """Tell which addresses below /api/v1 the document leaves out."""
    known = {(one.path, one.method.upper()) for one in OPERATIONS}
    found = {
        (rule.rule.replace("<path:", "{").replace("<", "{").replace(">", "}"), method)
        for rule in current_app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }
    own = {("/api/v1/openapi.json", "GET"), ("/api/v1/docs", "GET")}
    return found - known - own
