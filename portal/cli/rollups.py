"""`portal rollups`: roll up what is marked, or days of the past; wait; recount."""

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import click

from portal.cli._scope import in_portal
from portal.core.errors import NotFound

if TYPE_CHECKING:
    from portal.core.calendar import Period

DAY = click.DateTime(["%Y-%m-%d"])
client_option = click.option("--client", "slug", metavar="SLUG", help="One client; default: all.")


@click.group()
def command() -> None:
    """Keep the stored numbers equal to what the facts say."""


@command.command()
@in_portal
def sweep() -> None:
    """Work off all marks now; the scheduler does it every few seconds."""
    from portal.rollups import sweep as sweeping

    swept = sweeping.sweep()
    click.echo(f"{swept.entities} entities derived, {swept.days} days rolled up")


@command.command()
@click.option("--from", "from_", type=DAY, required=True, metavar="DAY", help="First local day.")
@click.option("--to", type=DAY, required=True, metavar="DAY", help="First day not included.")
@client_option
@in_portal
def backfill(from_: datetime, to: datetime, slug: str | None) -> None:
    """Derive and roll up days of the past anew; run it again to go on where it stopped."""
    from portal.rollups import backfill as filling

    begun = filling.begin(_period(from_, to), _client_id(slug))
    click.echo("going on" if begun.is_resumed else "begun")
    for left in filling.run(begun):
        click.echo(f"{left.entities} entities and {left.days} days left")


@command.command()
@click.option("--from", "from_", type=DAY, metavar="DAY", help="First local day; default: all.")
@click.option("--to", type=DAY, metavar="DAY", help="First day not included; default: all.")
@client_option
@in_portal
def verify(from_: datetime | None, to: datetime | None, slug: str | None) -> None:
    """Recount from facts and print each difference; ends with 1 if there is one."""
    from portal.rollups.verify import verify as differences

    period = _period(from_, to) if from_ and to else None
    if (from_ is None) != (to is None):
        raise click.UsageError("give both --from and --to, or neither")
    found = 0
    for name, client_id in _clients(slug):
        for one in differences(client_id, period):
            found += 1
            where = " ".join(f"{key}={value}" for key, value in one.dimensions.items())
            click.echo(
                f"{name} {one.day} {one.measure} {one.currency} {where}"
                f" stored={one.stored} recount={one.recount}"
            )
    click.echo(f"{found} differences", err=True)
    sys.exit(1 if found else 0)


@command.command()
@click.option("--timeout", default=3600, show_default=True, metavar="SECONDS")
@in_portal
def wait(timeout: int) -> None:
    """Return when no mark is open; ends with 1 when the time is over before."""
    from portal.rollups import sweep as sweeping

    if not sweeping.wait(timeout):
        raise click.ClickException(f"marks are still open after {timeout} seconds")


def _period(from_: datetime, to: datetime) -> "Period":
    from portal.core.calendar import Period

    if to <= from_:
        raise click.UsageError(
            f"--to must be after --from, at least {from_ + timedelta(days=1):%F}"
        )
    return Period(from_.date(), to.date())


def _client_id(slug: str | None) -> UUID | None:
    return next(_clients(slug))[1] if slug else None


def _clients(slug: str | None) -> Iterator[tuple[str, UUID]]:
    import sqlalchemy as sa

    from portal.core.db import db
    from portal.models.clients import Client

    chosen = sa.select(Client.slug, Client.id).order_by(Client.slug)
    rows = db.session.execute(chosen.where(Client.slug == slug) if slug else chosen).all()
    db.session.commit()
    if slug and not rows:
        raise NotFound(f"no client {slug!r}")
    yield from ((row[0], row[1]) for row in rows)
