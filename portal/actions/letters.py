"""What the portal writes to people. Each letter says what happened and what to do, nothing else."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from portal.actions import mails, people, proofs
from portal.core.calendar import now
from portal.core.ids import new_id
from portal.core.settings import current_config
from portal.models.accounts import User

NOT_YOU = "If this was not you, tell your agency at once."
RESET = "password_reset"


@dataclass(frozen=True)
class Letter:
    """A letter in words, and at most one link."""

    heading: str
    lines: Sequence[str]
    link: str = ""
    button: str = ""
    foot: str = ""


def ask_reset(email: str) -> None:
    """
    Queue a reset for whoever has `email`, if anybody: the worker finds out, so that a known address
    and an unknown one take the same time here.
    """
    minute = now().strftime("%Y%m%d%H%M")
    key = f"{RESET}:{people.email_key(email)}:{minute}"
    mails.queue(email, "Choose a new password", RESET, {"email": email}, key)


def make_reset(email: str) -> tuple[str, Letter] | None:
    """Write the reset when it is sent; None when there is nobody to write to."""
    user = people.find(email)
    if user is None or user.disabled_at is not None:
        return None
    return user.email, _reset(proofs.password_link(user))


def send_reset(user: User, link: str) -> None:
    """Mail a person a link that sets a new password."""
    _queue(user.email, "Choose a new password", _reset(link))


def send_invitation(email: str, link: str, *, place: str, inviter: str, role: str) -> None:
    """Invite somebody to `place`, a client or the agency."""
    letter = Letter(
        f"You are invited to {place}",
        [f"{inviter} invites you to see {place} as {role}."],
        link,
        "Accept the invitation",
        "The link works once, for seven days.",
    )
    _queue(email, f"Invitation to {place}", letter)


def send_address_proof(email: str, link: str) -> None:
    """Ask whoever reads `email` whether it shall be the new address."""
    letter = Letter(
        "Is this your new address?",
        ["Somebody who is signed in wants to use this address from now on."],
        link,
        "Use this address",
        "The link works once, for one hour. If it was not you, do nothing.",
    )
    _queue(email, "Prove your new address", letter)


def tell(user: User, subject: str, *lines: str, key: str = "") -> None:
    """Tell a person that something about their account has changed."""
    _queue(user.email, subject, Letter(subject, lines, foot=NOT_YOU), key)


def tell_address_changed(before: str, after: str) -> None:
    """Tell the old address that the account has left it."""
    lines = [f"Mails of your account go to {after} from now on."]
    _queue(
        before, "Your address was changed", Letter("Your address was changed", lines, foot=NOT_YOU)
    )


def tell_codes_refused(user: User, on: date) -> None:
    """Tell a person, once a day, that somebody with their password guesses at the second step."""
    tell(
        user,
        "Wrong codes for your account",
        "Somebody typed your password and then several wrong codes of the second step.",
        "If it was not you, change your password now.",
        key=f"codes_refused:{user.id}:{on}",
    )


def _reset(link: str) -> Letter:
    return Letter(
        "Choose a new password",
        ["Somebody asked for a new password for your account."],
        link,
        "Choose a password",
        "The link works once, for one hour. If you did not ask for it, do nothing.",
    )


def _queue(to: str, subject: str, letter: Letter, key: str = "") -> None:
    subject = f"{subject} · {current_config().agency_name}"
    mails.queue(to, subject, "letter", asdict(letter), key or f"letter:{new_id()}")
