"""The forms before and around an account. Passwords are taken exactly as typed."""

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.core.errors import Refused, WrongMediaType
from portal.core.rights import AGENCY_ROLES, MEMBER_ROLES

NEEDED = InputRequired("Fill this in.")
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
ALWAYS = frozenset({"csrf_token", "next"})
THEMES = {"auto": "Follow the system", "light": "Light", "dark": "Dark"}
MEMBERS = {role.value: role.title() for role in reversed(MEMBER_ROLES)}
AGENCY = {role.value: role.title() for role in AGENCY_ROLES}


def choices(words: Mapping[str, str]) -> list[SelectChoice]:
    """Make the choices of a select from words by value."""
    return [SelectChoice(value, label) for value, label in words.items()]


class Form(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """A form that takes no unknown field; its token was checked before any view ran."""

    def arrived(self) -> bool:
        """
        Whether what was posted is filled in.

        Raises:
            WrongMediaType: it is not a form.
            Refused: it holds a field that the form has not.
        """
        if request.mimetype not in FORM_TYPES:
            raise WrongMediaType("This address reads forms.")
        unknown = set(request.form) - set(self._fields) - ALWAYS
        if unknown:
            raise Refused("The form holds an unknown field.", field=min(unknown)[:40])
        return bool(self.validate())

    def refuse(self, error: Refused) -> None:
        """Show an error at its field, or above the form."""
        field: Any = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(error.reason)
        else:
            field.errors = [*field.errors, error.reason]


class SignInForm(Form):
    """Address and password."""

    email = EmailField("E-mail", [NEEDED])
    password = PasswordField("Password", [NEEDED])
    next = HiddenField()


class CodeForm(Form):
    """A code of an authenticator app, or a recovery code."""

    code = StringField("Code", [NEEDED])
    next = HiddenField()


class ForgotForm(Form):
    """An address."""

    email = EmailField("E-mail", [NEEDED])


class ResetForm(Form):
    """A new password, for whom the token names."""

    token = HiddenField(validators=[NEEDED])
    password = PasswordField("New password", [NEEDED])


class AcceptForm(Form):
    """Name and first password of someone who was invited."""

    token = HiddenField(validators=[NEEDED])
    name = StringField("Your name")
    password = PasswordField("Password", [NEEDED])


class TokenForm(Form):
    """Nothing but the token of a link: opening it does nothing, pressing the button does."""

    token = HiddenField(validators=[NEEDED])


class ProfileForm(Form):
    """Name and theme."""

    name = StringField("Name")
    theme = RadioField("Theme", choices=choices(THEMES))


class AddressForm(Form):
    """A new address, and the password as a proof that it is you."""

    email = EmailField("New e-mail address", [NEEDED])
    password = PasswordField("Your password", [NEEDED], id="address_password")


class PasswordForm(Form):
    """The old password and a new one."""

    current = PasswordField("Current password", [NEEDED])
    password = PasswordField("New password", [NEEDED], id="new_password")


class PasswordOnlyForm(Form):
    """The password again, before something that weakens the account."""

    password = PasswordField("Your password", [NEEDED])


class InviteForm(Form):
    """Whom to invite, as what."""

    email = EmailField("E-mail", [NEEDED])
    name = StringField("Name")
    role = SelectField("Role", choices=choices(MEMBERS))


class AgencyInviteForm(Form):
    """Whom the agency invites, where to, as what."""

    email = EmailField("E-mail", [NEEDED])
    name = StringField("Name")
    client = SelectField("To")
    role = SelectField("Role", choices=choices(MEMBERS | AGENCY))
