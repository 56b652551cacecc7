"""New leads while the demo runs, each with what follows from it, until the process ends."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from portal.actions import clients
from portal.core.calendar import now
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.demo.lives import Life, live
from portal.demo.load import SYSTEM
from portal.demo.profiles import PROFILES, Profile
from portal.demo.story import Story
from portal.ingest import facts

TURN_SECONDS = 5.0
LEADS_A_TURN = 0.4
REMEMBERED = timedelta(hours=2)
FIRST_NUMBER = 10_000_000
"""Above all numbers of the story."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who came while the demo ran; the number is the seed of their life."""

    profile: Profile
    number: int
    started: datetime


def run(say: Callable[[str], None]) -> None:
    """Let leads come in for ever."""
    random = Random()  # noqa: S311 - a demo, not a secret
    active = [profile for profile in PROFILES if profile.status == "active"]
    visitors: list[Visitor] = []
    number = FIRST_NUMBER + int(time.time())
    while True:
        if random.random() < LEADS_A_TURN:
            number += 1
            visitors.append(Visitor(random.choice(active), number, now()))
            say(f"a lead for {visitors[-1].profile.name}")
        visitors = [one for one in visitors if one.started > now() - REMEMBERED]
        for visitor in visitors:
            _tell(visitor)
        time.sleep(TURN_SECONDS)


def _tell(visitor: Visitor) -> None:
    """Store what happened so far; what is stored already is a duplicate."""
    until = now()
    story = Story(visitor.profile, until)
    random = Random(visitor.number)  # noqa: S311 - a demo, not a secret
    life = Life(
        visitor.profile, random, visitor.number, visitor.started, until, None, is_bad_week=False
    )
    client_id = clients.by_slug(visitor.profile.slug).id
    db.session.commit()
    with acting_as(client_id):
        for kind, items in live(life, story.opens).items():
            if items:
                facts.store(client_id, kind, SYSTEM, items)
