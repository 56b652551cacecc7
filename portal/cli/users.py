"""`portal users`: people, added and kept out from the machine that the portal runs on."""

import json
import sys
from uuid import UUID

import click

from portal.cli._scope import in_portal
from portal.core.errors import NotFound
from portal.core.rights import MEMBER_ROLES


@click.group()
def command() -> None:
    """Add, list, disable people; make links that set a password."""


@command.command()
@click.argument("email")
@click.option("--admin", "agency_role", flag_value="admin", help="Runs the agency: everything.")
@click.option("--analyst", "agency_role", flag_value="analyst", help="Reads the clients granted.")
@click.option("--client", "slugs", multiple=True, metavar="SLUG", help="May look at this client.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in MEMBER_ROLES]),
    default="viewer",
    show_default=True,
)
@click.option("--name", default="")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@in_portal
def add(email: str, slugs: tuple[str, ...], password_stdin: bool, as_json: bool, **of: str) -> None:  # noqa: FBT001
    """
    Add somebody, or give somebody known more clients.

    Without --password-stdin it prints a link that sets the first password.
    """
    from portal.actions import people, proofs
    from portal.core.db import db

    password = sys.stdin.read().rstrip("\n") if password_stdin else ""
    user = people.find(email)
    if user is None:
        role = of["agency_role"] or ""
        user = people.add(email, name=of["name"], agency_role=role)
    if password:
        people.set_password(user, password)
    link = "" if user.password_hash else proofs.password_link(user, proofs.WEEK)
    db.session.commit()
    for slug in slugs:
        _grant(slug, user.id, "analyst" if user.agency_role else of["role"])
    click.echo(json.dumps({"email": user.email, "link": link}) if as_json else link or "added")


@command.command("list")
@in_portal
def list_() -> None:
    """Print everybody: address, what they are, whether they are kept out."""
    import sqlalchemy as sa

    from portal.core.db import db
    from portal.models.accounts import Membership, User
    from portal.models.clients import Client

    of_clients = sa.select(Membership.user_id, Client.slug, Membership.role).join(
        Client, Client.id == Membership.client_id
    )
    roles: dict[UUID, list[str]] = {}
    for user_id, slug, role in db.session.execute(of_clients.order_by(Client.slug)):
        roles.setdefault(user_id, []).append(f"{slug}:{role}")
    for user in db.session.scalars(sa.select(User).order_by(User.email_key)):
        words = " ".join(filter(None, [user.agency_role, *roles.get(user.id, [])]))
        click.echo(f"{user.email}\t{words}\t{'disabled' if user.disabled_at else ''}")


@command.command()
@click.argument("email")
@in_portal
def disable(email: str) -> None:
    """Keep somebody out; it holds from their next request."""
    from portal.actions import people
    from portal.core.db import db

    people.disable(_known(email))
    db.session.commit()
    click.echo("disabled")


@command.command("reset-link")
@click.argument("email")
@in_portal
def reset_link(email: str) -> None:
    """Print a link that sets a new password, once, within an hour."""
    from portal.actions import proofs
    from portal.core.db import db

    link = proofs.password_link(_known(email))
    db.session.commit()
    click.echo(link)


def _known(email: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - imported when it runs
    from portal.actions import people

    if (user := people.find(email)) is None:
        raise NotFound(f"nobody has the address {email}")
    return user


def _grant(slug: str, user_id: UUID, role: str) -> None:
    import sqlalchemy as sa

    from portal.actions import people, team
    from portal.core.db import db
    from portal.core.tenancy import acting_as
    from portal.models.clients import Client

    client_id = db.session.scalar(sa.select(Client.id).where(Client.slug == slug))
    if client_id is None:
        raise NotFound(f"no client has the slug {slug}")
    with acting_as(client_id):
        team.grant(client_id, people.get(user_id), role)
