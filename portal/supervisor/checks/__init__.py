"""What `portal doctor` looks at; what is fatal also keeps the portal from starting."""

import importlib
from collections.abc import Iterator

import psycopg

from portal.config import Config
from portal.core.errors import BadConfig
from portal.supervisor.checks.finding import Check, Finding, Place

ALL = ("settings", "versions", "roles", "policies", "schema", "durability", "clock", "redis")
LATER = ("disk", "rollups")
"""What goes wrong while it runs, and never keeps it from starting."""


def examine(place: Place) -> Iterator[Finding]:
    """Look at everything, good and bad."""
    for name in (*ALL, *LATER):
        yield from _look(name, place)


def refuse_unsafe(config: Config) -> None:
    """
    Keep the portal from starting where it would not be safe; what is down may come up later.

    Raises:
        BadConfig: one line for each reason, with what mends it.
    """
    place = Place(config)
    reasons = [
        f"{found.what}. {found.mend}"
        for name in ALL
        for found in _look(name, place)
        if found.fatal and not found.ok
    ]
    if reasons:
        raise BadConfig("refuses to start:\n  " + "\n  ".join(reasons))


def _look(name: str, place: Place) -> Iterator[Finding]:
    check: Check = importlib.import_module(f"{__name__}.{name}").look
    try:
        yield from check(place)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        yield Finding(name, ok=False, what=f"the database does not answer: {reason}", mend=_UP)


_UP = "Start it: `portal up`, or the service that DATABASE_URL names"
