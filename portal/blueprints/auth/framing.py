"""What the frame of every page shows of accounts: who looks, at which clients, with whose eyes."""

from flask import Flask, g, url_for

from portal.actions import people
from portal.blueprints.auth.next_page import client_page
from portal.blueprints.auth.visit import visit, whole_person
from portal.blueprints.frame import Account, Choice, Link, ViewingAs, provide
from portal.core.db import db
from portal.models.clients import Client


def init_app(app: Flask) -> None:
    """Tell the frame where to find them."""
    provide(app, account=account, switch_list=switch_list, viewing_as=viewing_as)
    app.context_processor(lambda: {"client": g.client} if "client" in g else {})


def account() -> Account | None:
    """Whoever is signed in."""
    if (person := whole_person()) is None:
        return None
    role = person.agency_role or g.get("role")
    about = str(role).capitalize() if role else person.email
    links = (
        Link("Your account", "user-circle", url_for("account.show"), current=False),
        Link("Browsers", "device-laptop", url_for("account.sessions"), current=False),
    )
    return Account(person.label, about, url_for("auth.log_out"), links)


def switch_list() -> list[Choice]:
    """Return the clients that the person may look at."""
    if (person := whole_person()) is None:
        return []
    here = g.client.slug if "client" in g else None
    return [
        Choice(
            client.name,
            client_page(client.slug),
            client.trade.capitalize(),
            client.slug == here,
        )
        for client in people.clients_of(person.id, person.agency_role)
    ]


def viewing_as() -> ViewingAs | None:
    """Return whose eyes an admin of the agency looks with."""
    found = visit()
    if found is None or found.view is None:
        return None
    here = g.get("client")
    if here is None or here.id != found.view.client_id:
        here = db.session.get(Client, found.view.client_id)
    return ViewingAs(here.name, url_for("auth.end_view")) if here else None
