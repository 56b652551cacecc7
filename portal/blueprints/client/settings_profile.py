"""The client's own settings: name, looks, days, opening hours."""

from flask import g, render_template
from werkzeug import Response

from portal.actions import client_settings
from portal.blueprints import client_settings as shared
from portal.blueprints.client.scope import bp, requires
from portal.blueprints.client_forms import CalendarForm, HoursForm, ProfileForm
from portal.core.rights import Right

HERE = "client.profile"
Answer = Response | tuple[str, int]


@bp.get("/settings/profile", endpoint="profile")
@requires(Right.SETTINGS)
def show() -> str:
    """Show the forms."""
    return _page()


@bp.post("/settings/profile")
@requires(Right.SETTINGS)
def change_profile() -> Answer:
    """Change name, trade and colour."""
    form = ProfileForm()
    done = shared.apply(g.client.id, form, shared.profile(form), HERE)
    return done or (_page(profile=form), 422)


@bp.post("/settings/profile/calendar")
@requires(Right.SETTINGS)
def change_calendar() -> Answer:
    """Change zone, week start and currency from a day on."""
    form = CalendarForm()
    done = shared.apply(g.client.id, form, shared.calendar(form), HERE)
    return done or (_page(calendar=form), 422)


@bp.post("/settings/profile/hours")
@requires(Right.SETTINGS)
def change_hours() -> Answer:
    """Change the opening hours."""
    form = HoursForm()
    done = shared.apply(g.client.id, form, shared.hours(form), HERE)
    return done or (_page(hours=form), 422)


@bp.post("/settings/profile/logo")
@requires(Right.SETTINGS)
def change_logo() -> Answer:
    """Change or drop the logo."""
    done = shared.apply(g.client.id, None, shared.logo, HERE)
    assert done is not None  # without a form there is always an answer
    return done


def _page(**refused: object) -> str:
    client = client_settings.load(g.client.id)
    return render_template(
        "client/settings/profile.html", client=g.client, **shared.shown(client, refused)
    )
