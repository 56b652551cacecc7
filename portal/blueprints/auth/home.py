"""The front door: it sends each person to their own pages."""

from flask import redirect, render_template
from werkzeug import Response

from portal.actions import people
from portal.blueprints.auth.next_page import AGENCY_PAGE, client_page
from portal.blueprints.auth.sign_in import bp
from portal.blueprints.auth.visit import require_person


@bp.get("/")
def home() -> str | Response:
    """Go to the only client, to the agency's list, or offer a choice."""
    person = require_person()
    if person.is_agency:
        return redirect(AGENCY_PAGE, 303)
    found = people.clients_of(person.id, person.agency_role)
    if len(found) == 1:
        return redirect(client_page(found[0].slug), 303)
    return render_template("auth/home.html")


@bp.get("/clients")
def clients() -> str:
    """List the person's clients, one or many."""
    require_person()
    return render_template("auth/home.html")
