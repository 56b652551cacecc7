"""`portal clients`: make clients, list them, pause them, give them keys."""

import json

import click

from portal.cli._scope import in_portal


@click.group()
def command() -> None:
    """Clients and their keys."""


@command.command()
@click.argument("slug")
@click.option("--name", required=True, help="As its people see it.")
@click.option("--zone", required=True, help="IANA time zone, such as Europe/Berlin.")
@click.option("--currency", default="EUR", show_default=True, help="ISO 4217 code.")
@click.option("--week-start", default="monday", show_default=True, help="monday … sunday, or 0 … 6")
@click.option("--trade", default="contractor", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@in_portal
def add(slug: str, as_json: bool, **terms: str) -> None:  # noqa: FBT001  # click passes options so
    """Make a client with its calendar and two keys, which are shown this once."""
    from portal.actions import clients, keys
    from portal.core.tenancy import acting_as

    own = clients.Terms(
        zone=terms["zone"],
        currency=terms["currency"].upper(),
        week_start=clients.weekday(terms["week_start"]),
    )
    client = clients.create(slug, terms["name"], own, trade=terms["trade"])
    with acting_as(client.id):
        ingest = keys.create(client.id, keys.Scope.INGEST, name="first")
        read = keys.create(client.id, keys.Scope.READ, name="first")
    made = {"slug": slug, "ingest_key": ingest.secret, "read_key": read.secret}
    if as_json:
        click.echo(json.dumps(made))
        return
    click.echo(f"{client.name} is ready. Keep these keys: they are not shown again.")
    click.echo(f"  ingest  {ingest.secret}\n  read    {read.secret}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@in_portal
def list_(as_json: bool) -> None:  # noqa: FBT001  # click passes options so
    """List all clients with their zone and status."""
    from portal.actions import clients
    from portal.catalog.calendars import calendar_of
    from portal.core.tenancy import acting_as

    found = []
    for client in clients.every():
        with acting_as(client.id):
            now_holds = calendar_of(client.id).current
            status = clients.status_of(client.id)
        row = {"slug": client.slug, "name": client.name, "zone": now_holds.zone}
        found.append({**row, "currency": now_holds.currency, "status": status})
    if as_json:
        click.echo(json.dumps(found))
        return
    for row in found:
        click.echo(f"{row['slug']:<28} {row['status']:<8} {row['zone']:<22} {row['name']}")


@command.command()
@click.argument("slug")
@click.option("--reason", default="", help="Kept with the change.")
@in_portal
def pause(slug: str, reason: str) -> None:
    """Note that a client is paused from now on."""
    _set_status(slug, "paused", reason)


@command.command()
@click.argument("slug")
@in_portal
def resume(slug: str) -> None:
    """Note that a client is active again."""
    _set_status(slug, "active", "")


@command.command()
@click.argument("slug")
@click.option("--reason", default="", help="Kept with the change.")
@in_portal
def churn(slug: str, reason: str) -> None:
    """Note that a client has left."""
    _set_status(slug, "churned", reason)


@command.command()
@click.argument("slug")
@click.option("--scope", type=click.Choice(["ingest", "read"]), default="ingest", show_default=True)
@click.option("--name", default="", help="Who holds it.")
@click.option("--system", default="api", show_default=True, help="Whose ids its holder sends.")
@in_portal
def key(slug: str, scope: str, name: str, system: str) -> None:
    """Make one more key and show it, this once."""
    from portal.actions import clients, keys
    from portal.core.tenancy import acting_as

    client = clients.by_slug(slug)
    with acting_as(client.id):
        made = keys.create(client.id, scope, name=name, system=system)
    click.echo(made.secret)


def _set_status(slug: str, status: str, reason: str) -> None:
    from portal.actions import clients
    from portal.core.tenancy import acting_as

    client = clients.by_slug(slug)
    with acting_as(client.id):
        clients.set_status(client.id, status, reason=reason)
    click.echo(f"{client.slug} is {status}")
