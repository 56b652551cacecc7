"""
Every route, asked by everybody: own client, somebody else's, and one that is not there.

What the table of access.py does not allow is asked for real, with every method of the route and a
right form token; what it allows is asked where asking changes nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.blueprints.access import OPEN, Door, Kind, Verdict, Visitor, doors
from portal.blueprints.access_page import page
from portal.core.db import platform_connection
from portal.core.tenancy import client_tables
from portal.rollups.sweep import due, sweep
from tests import callers
from tests.callers import Caller
from tests.houses import House, furnish

WRITTEN = Path(__file__).parents[2] / "docs" / "access.md"
ANSWERS = {
    Verdict.SIGN_IN: {303},
    Verdict.NO_KEY: {401},
    Verdict.NOT_ALLOWED: {403},
    Verdict.NOT_THERE: {404},
}
SIGN_IN = ("/login", "/two-factor")
UNKNOWN_HERE = {
    "static", "built_asset", "dev.mails", "dev.mail",
    "auth.two_factor", "auth.reset", "auth.invitation", "auth.address",
}  # fmt: skip
"""Open, but the matrix has no right name, token or half-way session for them."""


class Cell(NamedTuple):
    """One question."""

    door: Door
    visitor: Visitor
    caller: Caller
    ids: dict[str, str]
    verdict: Verdict
    hidden: tuple[str, ...]
    """What the answer may not hold."""


class Ground(NamedTuple):
    """Two houses, and everybody."""

    acme: House
    globex: House
    own: dict[Visitor, Caller]
    foreign: dict[Visitor, Caller]


@pytest.fixture(scope="module")
def ground(app: Flask) -> Ground:
    """Furnish two houses and let everybody in."""
    with app.app_context():
        acme, globex = furnish("acme"), furnish("globex")
        own = {**callers.people_of(app, acme), **callers.nobody_of(app)}
        own |= callers.programs_of(app, acme)
        foreign = {**callers.people_of(app, globex), **callers.programs_of(app, globex)}
        own[Visitor.STRANGER] = foreign[Visitor.OWNER]
        while due():
            sweep()
    return Ground(acme, globex, own, foreign)


def cells(door: Door, ground: Ground) -> Iterator[Cell]:
    """List the questions to put at one door."""
    acme, globex = ground.acme, ground.globex
    for visitor, caller in ground.own.items():
        verdict = door.verdict(visitor)
        yield Cell(door, visitor, caller, acme.ids, verdict, _hidden(visitor, verdict, ground))
    if door.kind not in {Kind.CLIENT, Kind.KEY}:
        return
    for visitor, caller in ground.foreign.items():
        stranger = door.kind == Kind.CLIENT and visitor not in callers.KEYS
        verdict = door.verdict(Visitor.STRANGER if stranger else visitor)
        yield Cell(door, visitor, caller, acme.ids, verdict, (acme.canary,))
    if door.kind == Kind.CLIENT:
        nowhere = {**acme.ids, "slug": "no-such-client"}
        for visitor, caller in ground.own.items():
            verdict = door.verdict(visitor)
            verdict = verdict if verdict == Verdict.SIGN_IN else Verdict.NOT_THERE
            yield Cell(door, visitor, caller, nowhere, verdict, (acme.canary, globex.canary))


def _hidden(visitor: Visitor, verdict: Verdict, ground: Ground) -> tuple[str, ...]:
    if verdict != Verdict.YES:
        return ground.acme.canary, ground.globex.canary
    if visitor == Visitor.ADMIN:
        return ()
    if visitor == Visitor.STRANGER:
        return (ground.acme.canary,)
    return (ground.globex.canary,)


def wrong(cell: Cell) -> Iterator[str]:
    """Ask, and say what is wrong with the answers."""
    for method in _methods(cell):
        answer = cell.caller.ask(cell.door, cell.ids, method)
        where = f"{method} {callers.path(cell.door, cell.ids)} by {cell.visitor}"
        if not _is_right(cell, answer):
            yield f"{where}: {answer.status_code}, not {cell.verdict.name}"
        if any(word.encode() in answer.data for word in cell.hidden):
            yield f"{where}: shows another client"


def _methods(cell: Cell) -> tuple[str, ...]:
    door = cell.door
    if door.method == "GET":
        return ("GET",) if cell.verdict == Verdict.YES else ("GET", "HEAD")
    # A right POST of a person would change something; a key's body is empty and refused.
    return () if cell.verdict == Verdict.YES and door.kind != Kind.KEY else (door.method,)


def _is_right(cell: Cell, answer: Any) -> bool:
    status: int = answer.status_code
    if cell.verdict == Verdict.SIGN_IN:
        return status == 303 and answer.location.startswith(SIGN_IN)
    if cell.verdict != Verdict.YES:
        return status in ANSWERS[cell.verdict]
    if cell.door.kind == Kind.KEY:
        return status not in {401, 403} and status < 500
    if cell.door.endpoint in UNKNOWN_HERE:
        return status in {200, 303, 400, 404, 410}
    return (
        status not in {401, 403, 404}
        and status < 500
        and not str(answer.location).startswith(SIGN_IN)
    )


def state(house: House) -> dict[str, Any]:
    """Count what a client has, and which of its keys live."""
    with platform_connection() as connection:
        return {
            table: connection.execute(
                sa.text(f"SELECT count(*) FROM {table} WHERE client_id = :id"),
                {"id": house.client.id},
            ).scalar_one()
            for table in client_tables()
        }


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.NONE])
def test_every_cell_of_the_matrix(app: Flask, ground: Ground, kind: Kind) -> None:
    """Ask at every door of a kind; each answer is the one in docs/access.md."""
    found = [door for door in doors(app) if door.kind == kind]
    with app.app_context():
        before = state(ground.acme), state(ground.globex)
    faults = [fault for door in found for cell in cells(door, ground) for fault in wrong(cell)]
    with app.app_context():
        after = state(ground.acme), state(ground.globex)

    assert found
    assert not faults, "\n".join(faults)
    assert kind == Kind.KEY or before == after


def test_every_route_has_its_place(app: Flask) -> None:
    """It asks for a person or a key, or it is open for a reason; and the table names no ghosts."""
    found = list(doors(app))
    marked = {
        endpoint for endpoint, view in app.view_functions.items() if getattr(view, "is_open", False)
    }

    assert [door.path for door in found if door.kind == Kind.NONE] == []
    assert marked <= set(OPEN)
    assert set(OPEN) <= set(app.view_functions)
    assert all(len(reason) > 10 for reason in OPEN.values())


def test_the_canaries_can_be_seen_where_they_may(app: Flask, ground: Ground) -> None:
    """Else the matrix would prove nothing."""
    acme, owner = ground.acme, ground.own[Visitor.OWNER].browser
    pages = ["arrivals", "p/arrivals", "imports", "settings/team", "settings/keys", "overview"]

    for name in (*pages, "rows/leads", "rows/leads.csv", "p/rows/leads", "settings/audit"):
        assert acme.canary in owner.get(f"/c/{acme.client.slug}/{name}").text, name
    read = ground.own[Visitor.READ]
    for path in ("/api/v1/facts/leads", "/api/v1/events", "/api/v1/events/names"):
        answer = read.browser.get(path, headers=read.headers, base_url="https://localhost")
        assert acme.canary in answer.text, path


def test_the_page_of_the_matrix_is_fresh(app: Flask) -> None:
    """`portal access` writes it anew."""
    assert WRITTEN.read_text() == page(app)
