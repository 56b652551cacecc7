"""One mail: built with safe headers, and handed to a server or, in the demo, put into a folder."""

import os
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from pathlib import Path

from portal.config import Config
from portal.core.errors import Refused

TIMEOUT_SECONDS = 30
FOLDER = "mail"
PERMANENT = range(500, 600)


class MailRefused(Exception):
    """The server will never take this mail."""


class MailWaits(Exception):
    """Nobody took the mail; it may be tried again."""


def check_header(text: str, field: str) -> str:
    """
    Accept `text` for a header.

    Raises:
        Refused: it holds a line break or another control character.
    """
    if not text.isprintable() or len(text) > 400:  # noqa: PLR2004 - RFC 5322 allows 998 a line
        raise Refused("It may not hold line breaks or control characters.", field=field)
    return text


def new_message_id(name: str, config: Config) -> str:
    """Make the Message-ID of the mail that has the id `name`."""
    domain = parseaddr(config.mail_from)[1].rpartition("@")[2] or "localhost"
    return f"<{name}@{domain}>"


def build(
    config: Config, to: str, subject: str, message_id: str, *, text: str, html: str
) -> EmailMessage:
    """Build a mail in plain words and in HTML that says no machine should answer it."""
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(config.mail_from)
    message["From"] = Address(name or config.agency_name, addr_spec=address)
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message["Date"] = formatdate(usegmt=True)
    message["Auto-Submitted"] = "auto-generated"
    message["Precedence"] = "bulk"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def send(config: Config, message: EmailMessage) -> None:
    """
    Hand `message` over; returns when it is taken.

    Raises:
        MailRefused: never.
        MailWaits: not now.
    """
    if not config.smtp_host:
        if not config.is_relaxed:
            raise MailWaits("no mail server: set PORTAL_SMTP_HOST")
        _put(config.data_dir / FOLDER, message)
        return
    try:
        _deliver(config, message)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        _raise(code, words)
    except smtplib.SMTPResponseException as error:
        _raise(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        raise MailWaits(type(error).__name__) from error


def _deliver(config: Config, message: EmailMessage) -> None:
    context = ssl.create_default_context()
    with _open(config, context) as server:
        if config.smtp_tls == "starttls":
            server.starttls(context=context)
        if config.smtp_user:
            server.login(config.smtp_user, config.smtp_password)
        server.send_message(message)


def _open(config: Config, context: ssl.SSLContext) -> smtplib.SMTP:
    if config.smtp_tls == "tls":
        return smtplib.SMTP_SSL(
            config.smtp_host, config.smtp_port, timeout=TIMEOUT_SECONDS, context=context
        )
    return smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=TIMEOUT_SECONDS)


def _raise(code: int, words: bytes | str) -> None:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    if code in PERMANENT:
        raise MailRefused(f"{code} {text}"[:200])
    raise MailWaits(f"{code} {text}"[:200])


def _put(folder: Path, message: EmailMessage) -> None:
    """Write whole or not at all; the same mail twice is one file."""
    folder.mkdir(parents=True, exist_ok=True)
    name = str(message["Message-ID"]).strip("<>").split("@")[0]
    unfinished = folder / f".{name}"
    unfinished.write_bytes(message.as_bytes())
    os.replace(unfinished, folder / f"{name}.eml")  # noqa: PTH105 - atomic, and said so
