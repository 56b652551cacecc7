"""The agency's clients: all at a glance, and each with what may be changed of it."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug import Response

from portal.actions import client_settings, clients, keys, people, plans
from portal.blueprints import client_settings as shared
from portal.blueprints.admin.scope import bp, for_analysts
from portal.blueprints.client_forms import (
    CalendarForm,
    HoursForm,
    NewClientForm,
    PlanForm,
    ProfileForm,
    zones,
)
from portal.catalog.calendars import calendar_of
from portal.catalog.roster import roster
from portal.core.db import db
from portal.core.errors import Conflict, NotFound, Refused
from portal.core.rights import MEMBER_ROLES, Role
from portal.core.tenancy import acting_as
from portal.core.units import to_minor
from portal.models.clients import Client
from portal.widgets.roster import SORTS, Sorting, lines

HERE = "admin.client"
Answer = Response | tuple[str, int]


@bp.get("/clients", endpoint="clients")
@for_analysts
def show_all() -> str:
    """List the clients that the person may see."""
    sorting = Sorting.read(request.args.get("sort", ""))
    search = request.args.get("q", "").strip()[:100]
    found = lines(roster(_granted()), search=search, sorting=sorting)
    return render_template(
        "admin/clients/index.html", found=found, search=search, sort=sorting.text, columns=SORTS
    )


@bp.get("/freshness", endpoint="freshness")
@for_analysts
def freshness() -> str:
    """Say for each client when data last came, and whether its numbers are behind."""
    return render_template("admin/clients/freshness.html", entries=roster(_granted()))


@bp.get("/clients/new")
def new_client() -> str:
    """Show the form for a new client."""
    return render_template("admin/clients/new.html", form=NewClientForm(None), zones=zones())


@bp.post("/clients")
def create_client() -> Answer:
    """Make a client with its calendar and two keys, which are shown this once."""
    form = NewClientForm()
    if form.arrived():
        terms = clients.Terms(form.zone.data, form.currency.data.upper(), int(form.week_start.data))
        try:
            made = clients.create(form.slug.data, form.name.data, terms, trade=form.trade.data)
        except Refused as error:
            form.refuse(error)
        except Conflict as error:
            form.refuse(Refused(str(error), field="slug"))
        else:
            return _with_keys(made), 201
    return render_template("admin/clients/new.html", form=form, zones=zones()), 422


@bp.get("/clients/<uuid:client_id>")
def client(client_id: UUID) -> str:
    """Show one client and its forms."""
    return _page(client_id)


@bp.post("/clients/<uuid:client_id>")
def change_client(client_id: UUID) -> Answer:
    """Change name, trade and colour."""
    form = ProfileForm()
    return _apply(client_id, "profile", form, shared.profile(form))


@bp.post("/clients/<uuid:client_id>/calendar")
def change_client_calendar(client_id: UUID) -> Answer:
    """Change zone, week start and currency from a day on."""
    form = CalendarForm()
    return _apply(client_id, "calendar", form, shared.calendar(form))


@bp.post("/clients/<uuid:client_id>/hours")
def change_client_hours(client_id: UUID) -> Answer:
    """Change the opening hours."""
    form = HoursForm()
    return _apply(client_id, "hours", form, shared.hours(form))


@bp.post("/clients/<uuid:client_id>/logo")
def change_client_logo(client_id: UUID) -> Answer:
    """Change or drop the logo."""
    return _apply(client_id, "logo", None, shared.logo)


@bp.post("/clients/<uuid:client_id>/plan")
def change_plan(client_id: UUID) -> Answer:
    """Note what the client pays from now on."""
    form = PlanForm()

    def change(_client: Client) -> None:
        currency = _plan_currency(client_id)
        state = plans.PlanState(
            form.plan.data,
            to_minor(form.amount.data, currency),
            currency,
            interval=form.interval.data,
            quantity=form.quantity.data,
            status=form.status.data,
            reason=form.reason.data or "",
        )
        plans.change(client_id, state)

    return _apply(client_id, "plan", form, change)


@bp.post("/clients/<uuid:client_id>/status")
def change_status(client_id: UUID) -> Response:
    """Pause, resume or let go; data that comes meanwhile is kept."""
    _known(client_id)
    status, reason = request.form.get("status", ""), request.form.get("reason", "")
    with acting_as(client_id):
        clients.set_status(client_id, status, reason=reason)
        db.session.commit()
    flash(f"The client is {status} now.")
    return redirect(url_for(HERE, client_id=client_id), 303)


def _granted() -> set[UUID] | None:
    """Give the clients that an analyst was granted; None lets an admin see all."""
    if g.role == Role.ADMIN:
        return None
    return {client.id for client in people.clients_of(g.user.id, g.user.agency_role)}


def _known(client_id: UUID) -> Client:
    found = db.session.get(Client, client_id)
    if found is None:
        raise NotFound
    return found


def _apply(client_id: UUID, name: str, form: Any, change: shared.Change) -> Answer:
    _known(client_id)
    with acting_as(client_id):
        done = shared.apply(client_id, form, change, HERE, client_id=client_id)
    return done or (_page(client_id, **{name: form}), 422)


def _page(client_id: UUID, **refused: Any) -> str:
    _known(client_id)
    with acting_as(client_id):
        found = client_settings.load(client_id)
        plan = plans.current(client_id)
        shown = shared.shown(found, refused)
        shown["forms"].setdefault("plan", _plan_form(plan))
        return render_template(
            "admin/clients/client.html",
            status=clients.status_of(client_id),
            plan=plan,
            plan_currency=_plan_currency(client_id),
            roles=[(role.value, role.title()) for role in MEMBER_ROLES],
            **shown,
        )


def _plan_form(plan: Any) -> PlanForm:
    if plan is None:
        return PlanForm(None)
    return PlanForm(
        None,
        plan=plan.plan,
        amount=Decimal(plan.unit_amount_minor) / to_minor(Decimal(1), plan.currency),
        interval=plan.interval,
        quantity=plan.quantity,
        status=plan.status,
    )


def _plan_currency(client_id: UUID) -> str:
    """Give the currency that the client pays in: its plan's, else its own."""
    plan = plans.current(client_id)
    return plan.currency if plan else calendar_of(client_id).currency


def _with_keys(made: Client) -> str:
    with acting_as(made.id):
        ingest = keys.create(made.id, keys.Scope.INGEST, name="first")
        read = keys.create(made.id, keys.Scope.READ, name="first")
        db.session.commit()
    return render_template(
        "admin/clients/made.html", made=made, ingest_key=ingest.secret, read_key=read.secret
    )
