"""Loads the demo: clients, people, keys and every fact, by the same way in as real data."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.actions import clients, keys, plans
from portal.app import create_app
from portal.config import Config
from portal.core.calendar import now
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.demo import people
from portal.demo.profiles import PROFILES, Profile
from portal.demo.story import Story
from portal.ingest import facts
from portal.models.clients import Client

BATCH = 4000
SYSTEM = "demo"
WITH_PEOPLE = 2
FIRST_KINDS = ("leads", "jobs")
"""Stored before what refers to them, so that most references are found at once."""

Say = Callable[[str], None]


def load(config: Config, say: Say) -> dict[str, Any]:
    """
    Load everything and return what `demo.json` holds besides the address.

    May be called again after it was cut off: what is stored already is a duplicate.
    """
    until = _until(config.data_dir / "demo.until")
    ids = {profile.slug: _client(profile, until) for profile in PROFILES}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        futures = [
            (profile, pool.submit(tell, config, profile.slug, until)) for profile in PROFILES
        ]
        for profile, future in futures:
            say(f"{profile.name}: {future.result():,} facts")
    logins = people.add_everyone(dict(list(ids.items())[:WITH_PEOPLE]))
    return {
        "users": [asdict(login) for login in logins],
        "clients": [_keys(profile, ids[profile.slug]) for profile in PROFILES],
    }


def tell(config: Config, slug: str, until: datetime) -> int:
    """Store the story of one client, in a process of its own; return how many facts it has."""
    app = create_app(config)
    profile = next(profile for profile in PROFILES if profile.slug == slug)
    story = Story(profile, until)
    with app.app_context():
        client = clients.by_slug(slug)
        db.session.commit()
        stored = 0
        with acting_as(client.id):
            for kind, items in _batches(story):
                facts.store(client.id, kind, SYSTEM, items)
                stored += len(items)
    return stored


def _batches(story: Story) -> Iterator[tuple[str, list[Any]]]:
    yield "campaigns", story.campaigns()
    waiting: dict[str, list[Any]] = {}
    for _, items in story.days():
        for kind, made in items.items():
            waiting.setdefault(kind, []).extend(made)
        if max(map(len, waiting.values())) >= BATCH:
            yield from _in_order(waiting)
            waiting = {}
    yield from _in_order(waiting)


def _in_order(waiting: dict[str, list[Any]]) -> Iterator[tuple[str, list[Any]]]:
    first = [kind for kind in FIRST_KINDS if kind in waiting]
    for kind in [*first, *(kind for kind in waiting if kind not in FIRST_KINDS)]:
        if waiting[kind]:
            yield kind, waiting[kind]


def _until(path: Path) -> datetime:
    """Say up to when the story is told: now, or what an unfinished load said."""
    if not path.exists():
        path.write_text(now().replace(microsecond=0).isoformat())
    return datetime.fromisoformat(path.read_text())


def _client(profile: Profile, until: datetime) -> UUID:
    found = db.session.scalar(sa.select(Client).where(Client.slug == profile.slug))
    db.session.commit()
    if found is not None:
        return found.id
    terms = clients.Terms(profile.zone, profile.currency, profile.week_start)
    started = until - timedelta(days=profile.starts_days_ago)
    made = clients.create(
        profile.slug, profile.name, terms, trade=profile.trade, active_from=started
    )
    with acting_as(made.id):
        client = db.session.get_one(Client, made.id)
        client.color = profile.color
        client.business_hours = _hours(profile)
        _plans(profile, made.id, started, until)
        if profile.status != "active":
            clients.set_status(made.id, profile.status, reason="season is over")
        db.session.commit()
    return made.id


def _plans(profile: Profile, client_id: UUID, started: datetime, until: datetime) -> None:
    """Start small, grow after half a year; a paused client pays nothing."""
    small = plans.PlanState("Starter", profile.plan_minor * 2 // 3, profile.currency)
    full = plans.PlanState("Growth", profile.plan_minor, profile.currency)
    plans.change(client_id, small, effective_at=started)
    if profile.starts_days_ago > 200:  # noqa: PLR2004 - days
        plans.change(client_id, full, effective_at=started + timedelta(days=190))
    if profile.status == "paused":
        paused = plans.PlanState("Growth", profile.plan_minor, profile.currency, status="paused")
        plans.change(client_id, paused, effective_at=until - timedelta(days=profile.ends_days_ago))


def _hours(profile: Profile) -> dict[str, list[list[str]]]:
    opens, closes = profile.open_hours
    quiet = 0.6
    return {
        str(day): [[f"{opens:02}:00", f"{closes:02}:00"]]
        for day, weight in enumerate(profile.weekdays)
        if weight > quiet
    }


def _keys(profile: Profile, client_id: UUID) -> dict[str, str]:
    with acting_as(client_id):
        ingest = keys.create(client_id, keys.Scope.INGEST, name="demo")
        read = keys.create(client_id, keys.Scope.READ, name="demo")
        db.session.commit()
    return {
        "slug": profile.slug,
        "name": profile.name,
        "time_zone": profile.zone,
        "ingest_key": ingest.secret,
        "read_key": read.secret,
    }
