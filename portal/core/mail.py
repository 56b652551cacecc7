"""One mail: built with safe headers, and handed to a server or, in the demo, put into a folder."""

import contextlib
import os
import smtplib
import socket
import ssl
import threading
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from pathlib import Path
from typing import Self

from portal.config import Config
from portal.core.errors import Refused

TIMEOUT_SECONDS = 30
FOLDER = "mail"
AGREED = range(200, 300)
PERMANENT = range(500, 600)


class MailRefused(Exception):
    """The server will never take this mail."""


class MailWaits(Exception):
    """Nobody took the mail; it may be tried again."""


class MailDoubtful(Exception):
    """The server went away between the mail and its answer: it may have been taken."""


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
        MailDoubtful: nobody said whether it was taken.
    """
    if not config.smtp_host:
        if not config.is_relaxed:
            raise MailWaits("no mail server: set PORTAL_SMTP_HOST")
        _put(config.data_dir / FOLDER, message)
        return
    with Line(config) as line:
        line.sign_in()
        line.hand_over(message)


class Line:
    """A line to the mail server, for one mail, and only for as long as one may take."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.is_cut = False
        # A server that sends a byte a second would never run into a time-out.
        self.limit = threading.Timer(TIMEOUT_SECONDS, self._cut)
        self.limit.daemon = True
        context = ssl.create_default_context()
        self.server: smtplib.SMTP = (
            smtplib.SMTP_SSL(timeout=TIMEOUT_SECONDS, context=context)
            if config.smtp_tls == "tls"
            else smtplib.SMTP(timeout=TIMEOUT_SECONDS)
        )
        # Whose certificate it must be; smtplib takes it only where it connects at once.
        self.server._host = config.smtp_host  # type: ignore[attr-defined]  # noqa: SLF001

    def __enter__(self) -> Self:
        self.limit.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self.server.quit()  # whatever it answers: the mail's fate was said before
        self.limit.cancel()
        self.server.close()

    def sign_in(self) -> None:
        """
        Connect and say who we are.

        Raises:
            MailWaits: it did not work; that is the server's or the settings' doing, not the mail's.
        """
        config, server = self.config, self.server
        try:
            _must(MailWaits, *server.connect(config.smtp_host, config.smtp_port))
            if config.smtp_tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if config.smtp_user:
                server.login(config.smtp_user, config.smtp_password)
        except (OSError, smtplib.SMTPException) as error:
            raise MailWaits(_words(error)) from error

    def hand_over(self, message: EmailMessage) -> None:
        """
        Name sender and recipient, and give the mail.

        Raises:
            MailRefused: the recipient, or the mail itself.
            MailWaits: not now.
            MailDoubtful: the server went away before it said whether it took it.
        """
        try:
            _must(MailWaits, *self.server.mail(parseaddr(str(message["From"]))[1]))
            _must(MailRefused, *self.server.rcpt(parseaddr(str(message["To"]))[1]))
        except (OSError, smtplib.SMTPException) as error:
            raise MailWaits(_words(error)) from error
        try:
            said: tuple[int, bytes | str] = self.server.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            said = error.smtp_code, error.smtp_error
        except (OSError, smtplib.SMTPException) as error:
            raise MailDoubtful(_words(error)) from error
        if self.is_cut:
            raise MailDoubtful("it took too long")
        _must(MailRefused, *said)

    def _cut(self) -> None:
        self.is_cut = True
        with contextlib.suppress(OSError):
            if self.server.sock is not None:
                self.server.sock.shutdown(socket.SHUT_RDWR)


def _must(refusal: type[Exception], code: int, words: bytes | str) -> None:
    """Go on if the server agrees; a 5xx is `refusal`, all else may be otherwise later."""
    if code in AGREED:
        return
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    kind = refusal if code in PERMANENT else MailWaits
    raise kind(f"{code} {text}"[:200])


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__


def _put(folder: Path, message: EmailMessage) -> None:
    """Write whole or not at all; the same mail twice is one file."""
    folder.mkdir(parents=True, exist_ok=True)
    name = str(message["Message-ID"]).strip("<>").split("@")[0]
    unfinished = folder / f".{name}"
    unfinished.write_bytes(message.as_bytes())
    os.replace(unfinished, folder / f"{name}.eml")  # noqa: PTH105 - atomic, and said so
