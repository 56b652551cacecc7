"""What the owner's settings and the agency's page of a client share: read a form, change it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, request, url_for
from werkzeug import Response

from portal.actions import client_settings, logos
from portal.actions.clients import Terms
from portal.blueprints.client_forms import WEEKDAYS, CalendarForm, HoursForm, ProfileForm, zones
from portal.catalog.calendars import calendar_of
from portal.core.db import db
from portal.core.errors import Refused
from portal.models.clients import Client

Change = Callable[[Client], None]


def shown(client: Client, refused: dict[str, Any] | None = None) -> dict[str, Any]:
    """Give what the forms show; the caller acts as the client."""
    calendar = calendar_of(client.id)
    span = calendar.spans[-1]
    forms = {
        "profile": ProfileForm(None, obj=client),
        "calendar": CalendarForm(
            None,
            zone=span.zone,
            week_start=str(span.week_start),
            currency=span.currency,
            from_on=calendar.today(),
            version=client.version,
        ),
        "hours": HoursForm(None, version=client.version),
    }
    return {
        "forms": {**forms, **(refused or {})},
        "hours": list(zip(WEEKDAYS, client_settings.hours_of(client), strict=True)),
        "spans": client_settings.spans_of(client.id),
        "zones": zones(),
        "shown_client": client,
    }


def profile(form: ProfileForm) -> Change:
    """Change name, trade and colour as the form says."""

    def change(client: Client) -> None:
        client_settings.change_profile(
            client, name=form.name.data, trade=form.trade.data, color=form.color.data or ""
        )

    return change


def calendar(form: CalendarForm) -> Change:
    """Change the days as the form says; from today where it names none."""

    def change(client: Client) -> None:
        own = calendar_of(client.id)
        terms = Terms(form.zone.data, form.currency.data.upper(), int(form.week_start.data))
        client_settings.change_calendar(client, terms, own, form.from_on.data or own.today())

    return change


def hours(form: HoursForm) -> Change:
    """Change the opening hours as the form says."""

    def change(client: Client) -> None:
        found = {}
        for day in range(len(WEEKDAYS)):
            opens, closes = form[f"opens_{day}"].data, form[f"closes_{day}"].data
            if (opens is None) != (closes is None):
                raise Refused("Give both times, or none.", field=f"opens_{day}")
            if opens is not None:
                found[day] = (f"{opens:%H:%M}", f"{closes:%H:%M}")
        client_settings.change_hours(client, found)

    return change


def logo(client: Client) -> None:
    """Make the uploaded picture the client's logo, or drop the one it has."""
    if "drop" in request.form:
        logos.drop(client)
        return
    file = request.files.get("logo")
    if file is None or not file.filename:
        raise Refused("Choose a picture.", field="logo")
    logos.store(client, file.read(logos.MOST_BYTES + 1))


def apply(
    client_id: UUID, form: Any, change: Change, where: str, /, **values: Any
) -> Response | None:
    """
    Apply a change and go back to `where`; None when the form has to be shown again.

    The caller acts as the client. A form that was filled in for another version is a conflict.
    """
    version = request.form.get("version", "")
    if form is not None and not form.arrived():
        return None
    try:
        change(client_settings.load(client_id, int(version) if version.isdecimal() else None))
    except Refused as error:
        db.session.rollback()
        if form is None:
            flash(error.reason, "error")
            return redirect(url_for(where, **values), 303)
        form.refuse(error)
        return None
    db.session.commit()
    g.pop("portal_frame", None)
    flash("Saved.")
    return redirect(url_for(where, **values), 303)
