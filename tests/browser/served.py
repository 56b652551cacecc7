"""The portal as it is served, with facts that came in by the front door."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, Literal
from urllib.request import Request, urlopen
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route
from werkzeug.serving import make_server

from portal import assets
from portal.actions import keys, sessions
from portal.app import create_app
from portal.blueprints.cookies import cookie_name
from portal.config import Config
from portal.core.calendar import now
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.rollups.sweep import due, sweep
from tests import factories, people

Theme = Literal["light", "dark"]
SOURCES = ("web_form", "missed_call", "google_ads", "referral")
NAMES = ("Ava Brooks", "Luis Park", "Priya Nair", "Mark Reyes", "Zoe Hayes", "Noah Chen")
FIRST_LEADS = 70
"""More than one page of rows."""


@dataclass(frozen=True)
class Member:
    """A client, somebody who owns it, and the words that open it."""

    client_id: UUID
    slug: str
    name: str
    user_id: UUID
    email: str


@dataclass(frozen=True)
class Served:
    """The portal at an address, and those who use it."""

    app: Flask
    base: str
    contractor: Member
    kathmandu: Member
    empty: Member
    admin: UUID

    def client_page(self, who: Member, rest: str = "overview") -> str:
        """Give the address of a page of a client."""
        return f"{self.base}/c/{who.slug}/{rest}"

    def post_lead(self, who: Member, lead: dict[str, Any]) -> int:
        """Send a lead as a program of the client would; roll it up."""
        with self.app.app_context(), acting_as(who.client_id):
            key = keys.create(who.client_id, "ingest", name="test").secret
            db.session.commit()
        request = Request(  # noqa: S310 - our own server
            f"{self.base}/api/v1/facts/leads",
            json.dumps([lead]).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=20) as answer:  # noqa: S310 - our own server
            status: int = answer.status
        self.settle()
        return status

    def settle(self) -> None:
        """Roll up all that waits."""
        with self.app.app_context():
            while due():
                sweep()


@pytest.fixture(scope="session")
def served(app: Flask, config: Config) -> Iterator[Served]:
    """Serve the portal on loopback, with a contractor, a clinic in Kathmandu and a new client."""
    own = create_app(replace(config, demo=True, base_url="http://127.0.0.1"), testing=True)
    own.config.update(PROPAGATE_EXCEPTIONS=False)
    if not (assets.GEN / "manifest.json").exists():
        assets.build(own)
    server = make_server("127.0.0.1", 0, own, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    with own.app_context():
        contractor = _member("roofing", zone="America/Los_Angeles", currency="USD")
        kathmandu = _member("dental", zone="Asia/Kathmandu", currency="NPR", trade="clinic")
        empty = _member("fresh", zone="UTC", currency="EUR")
        admin = people.person("ines", agency="admin").id
        for member in (contractor, kathmandu):
            fill(member)
    made = Served(own, base, contractor, kathmandu, empty, admin)
    made.settle()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
    with own.app_context():
        db.engine.dispose()
    own.extensions["platform_engine"].dispose()


def _member(name: str, **columns: Any) -> Member:
    client: Client = factories.client(name, **columns)
    owner = people.person("owner", client=client, role="owner")
    return Member(client.id, client.slug, client.name, owner.id, owner.email)


def fill(member: Member) -> None:
    """Send leads of the last weeks, what became of them, and what they cost."""
    random = Random(member.name)  # noqa: S311 - a seed
    leads, calls, jobs = [], [], []
    for number in range(FIRST_LEADS):
        at = now() - timedelta(hours=1 + number * 9)
        leads.append(_lead(number, at, random))
        of = {"lead_id": f"L{number}"}
        call = {"direction": "inbound", "outcome": "answered", "duration_seconds": 60}
        calls.append({"external_id": f"C{number}", "occurred_at": _text(at), **of, **call})
        if number % 4 == 0:
            won = _text(at + timedelta(minutes=50))
            job = {"status": "won", "won_at": won, "value_minor": 123_400}
            jobs.append({"external_id": f"J{number}", "occurred_at": won, **of, **job})
    spent = {"campaign_id": "c1", "amount_minor": 45_000}
    days = [(now() - timedelta(days=back)).date().isoformat() for back in range(1, 20)]
    spend = [{"external_id": f"S{day}", "occurred_on": day, **spent} for day in days]
    campaign = {"external_id": "c1", "name": "Storm season", "source": "google_ads"}
    for kind, items in (("campaigns", [campaign]), ("leads", leads), ("calls", calls),
                        ("jobs", jobs), ("campaign_spend", spend)):  # fmt: skip
        _store(member, kind, items)


def _lead(number: int, at: Any, random: Random) -> dict[str, Any]:
    return {
        "external_id": f"L{number}",
        "occurred_at": _text(at),
        "name": random.choice(NAMES),
        "source": random.choice(SOURCES),
    }


def _text(at: Any) -> str:
    return str(at.isoformat())


def _store(member: Member, kind: str, items: Sequence[dict[str, Any]]) -> None:
    with acting_as(member.client_id):
        verdicts = facts.store(member.client_id, kind, "api", list(items))
    refused = [one for one in verdicts.results if one.status != "stored"]
    assert refused == [], (kind, refused[:2])


class Visitor:
    """Opens pages in contexts of their own, signed in or not, and notes what went wrong."""

    def __init__(self, chromium: Browser, served: Served) -> None:
        """Note nothing yet."""
        self.chromium, self.served = chromium, served
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.strangers: list[str] = []

    def open(
        self,
        address: str,
        user_id: UUID | None = None,
        *,
        width: int = 1440,
        theme: Theme = "light",
        scripts: bool = True,
    ) -> Page:
        """Open a page as somebody; without `user_id` as nobody."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        self.contexts.append(context)
        context.route("**/*", self._only_ours)
        if user_id is not None:
            context.add_cookies([self._cookie(user_id)])
        page = context.new_page()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        if scripts:
            page.evaluate("document.fonts.ready")
        return page

    def _only_ours(self, route: Route) -> None:
        if route.request.url.startswith(self.served.base):
            route.continue_()
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def _cookie(self, user_id: UUID) -> Any:
        app = self.served.app
        with app.app_context():
            value = sessions.start(
                user_id, is_half=False, user_agent="chromium", address="127.0.0.1"
            )
            db.session.commit()
        name = cookie_name(app.config["PORTAL"], "session")
        return {"name": name, "value": value, "url": self.served.base}


@pytest.fixture
def visitor(chromium: Browser, served: Served) -> Iterator[Visitor]:
    """Somebody in a browser; afterwards nothing came from elsewhere and no console complained."""
    made = Visitor(chromium, served)
    yield made
    for context in made.contexts:
        context.close()
    assert not made.strangers, made.strangers
    assert not made.complaints, made.complaints
