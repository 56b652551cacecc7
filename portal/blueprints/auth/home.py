"""The front door: it sends each person to their own pages."""

from flask import redirect, render_template, url_for
from werkzeug import Response

from portal.actions import people
from portal.blueprints.auth.sign_in import bp
from portal.blueprints.auth.visit import require_person


@bp.get("/")
def home() -> str | Response:
    """Go to the only client, to the agency's list, or offer a choice."""
    person = require_person()
    if person.is_agency:
        return redirect(url_for("admin.clients"), 303)
    clients = people.clients_of(person.id, person.agency_role)
    if len(clients) == 1:
        return redirect(url_for("client.overview", slug=clients[0].slug), 303)
    return render_template("auth/home.html", clients=clients)
