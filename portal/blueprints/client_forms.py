"""Forms about a client: what its owner and the agency's admins may change."""

from typing import Any

from wtforms import (
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.actions.clients import TRADES
from portal.actions.plans import INTERVALS, STATUSES
from portal.blueprints.auth.forms import Form, choices
from portal.core.calendar import zone_names

NEEDED = InputRequired("Fill this in.")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _words(keys: tuple[str, ...]) -> list[Any]:
    return choices({key: key.replace("_", " ").capitalize() for key in keys})


class ProfileForm(Form):
    """Name, trade and colour."""

    version = HiddenField()
    name = StringField("Name", [NEEDED, Length(max=80)])
    trade = SelectField("Trade", choices=_words(TRADES))
    color = StringField("Brand colour", [Optional(), Length(max=7)])


class CalendarForm(Form):
    """Zone, first day of the week and currency, from a day on."""

    version = HiddenField()
    zone = StringField("Time zone", [NEEDED, Length(max=64)])
    week_start = SelectField(
        "Weeks start on", choices=choices({str(n): day for n, day in enumerate(WEEKDAYS)})
    )
    currency = StringField("Currency", [NEEDED, Length(min=3, max=3)])
    from_on = DateField("From", [Optional()])


class HoursForm(Form):
    """Opening and closing time of each weekday; both empty for a closed day."""

    version = HiddenField()


for _day, _name in enumerate(WEEKDAYS):
    setattr(HoursForm, f"opens_{_day}", TimeField(f"{_name} from", [Optional()]))
    setattr(HoursForm, f"closes_{_day}", TimeField(f"{_name} to", [Optional()]))


class NewClientForm(Form):
    """All that a new client needs."""

    slug = StringField("Short name", [NEEDED, Length(max=48)])
    name = StringField("Name", [NEEDED, Length(max=80)])
    trade = SelectField("Trade", choices=_words(TRADES))
    zone = StringField("Time zone", [NEEDED, Length(max=64)], default="UTC")
    week_start = SelectField(
        "Weeks start on", choices=choices({str(n): day for n, day in enumerate(WEEKDAYS)})
    )
    currency = StringField("Currency", [NEEDED, Length(min=3, max=3)], default="EUR")


class PlanForm(Form):
    """What the client pays from now on."""

    plan = StringField("Plan", [NEEDED, Length(max=80)])
    amount = DecimalField("Amount", [NEEDED, NumberRange(min=0)])
    interval = SelectField("Paid each", choices=_words(INTERVALS), default="month")
    quantity = IntegerField("Quantity", [NEEDED, NumberRange(min=1)], default=1)
    status = SelectField("State", choices=_words(STATUSES), default="active")
    reason = StringField("Reason", [Optional(), Length(max=200)])


def zones() -> list[str]:
    """List the names that a time zone may have, for the field's suggestions."""
    return zone_names()
