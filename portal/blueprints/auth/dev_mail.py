"""The mails of the demo, to read without a mail server. There is no such page anywhere else."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, render_template, request
from markupsafe import Markup, escape

from portal.blueprints.auth.visit import open_to_all
from portal.core.errors import NotFound
from portal.core.mail import FOLDER
from portal.core.settings import current_config

bp = Blueprint("dev", __name__, url_prefix="/dev")

LOOPBACK = frozenset({"127.0.0.1", "::1"})
LINK = re.compile(r"https?://[^\s<>\"]+")
NAME = re.compile(r"[0-9a-f]{32}")
SHOWN = 100


class Mail(NamedTuple):
    """One mail of the folder."""

    name: str
    to: str
    subject: str
    date: str
    body: Markup


@bp.before_request
def _only_in_the_demo() -> None:
    if not current_config().is_relaxed or request.remote_addr not in LOOPBACK:
        raise NotFound


@bp.get("/mail")
@open_to_all
def mails() -> str:
    """List the newest mails."""
    files = sorted(_folder().glob("*.eml"), reverse=True)[:SHOWN]  # names grow with time
    return render_template("auth/mails.html", mails=[_read(file) for file in files])


@bp.get("/mail/<name>")
@open_to_all
def mail(name: str) -> str:
    """Show one mail, its links ready to be opened."""
    file = _folder() / f"{name}.eml"
    if not NAME.fullmatch(name) or not file.is_file():
        raise NotFound
    return render_template("auth/mail.html", mail=_read(file))


def _folder() -> Path:
    return current_config().data_dir / FOLDER


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=default)
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    to, subject, date = (str(message.get(header, "")) for header in ("To", "Subject", "Date"))
    return Mail(file.stem, to, subject, date, _linked(text))


def _linked(text: str) -> Markup:
    """Escape a text and make its addresses links."""
    parts, at = [], 0
    for found in LINK.finditer(text):
        parts.append(escape(text[at : found.start()]))
        parts.append(Markup('<a class="link" href="{0}">{0}</a>').format(found[0]))
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])
