"""A mail is sent once, whatever the server does; in the one doubtful moment at most once more."""

import time
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.actions import deliveries, mails
from portal.config import Config
from portal.core import mail
from portal.core.db import db
from portal.core.ids import new_id
from portal.models.mails import MailOutbox
from tests.smtp import CLOSE, DRIP, HANG, Server


@pytest.fixture
def server(app: Flask, session: object, config: Config) -> Iterator[Server]:
    """Let the portal speak to a scripted server; no other mail waits."""
    db.session.execute(sa.delete(MailOutbox))
    db.session.commit()
    server = Server()
    app.config["PORTAL"] = replace(
        config, smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="none"
    )
    yield server
    app.config["PORTAL"] = config
    server.stop()
    db.session.rollback()
    db.session.execute(sa.delete(MailOutbox))
    db.session.commit()


def queue(address: str = "ada@example.com") -> None:
    mails.queue(address, "Hello", "letter", {"heading": "Hello", "lines": []}, new_id().hex)
    db.session.commit()


def deliver() -> MailOutbox:
    """Let all pauses be over, deliver, and read the newest mail."""
    db.session.execute(sa.update(MailOutbox).values(due_at=sa.func.now()))
    db.session.commit()
    deliveries.deliver_due()
    newest = sa.select(MailOutbox).order_by(MailOutbox.id.desc()).limit(1)
    found = db.session.scalars(newest.execution_options(populate_existing=True)).one()
    db.session.commit()
    return found


@pytest.mark.parametrize("end", [CLOSE, "421 closing", "500 what?"])
def test_what_happens_after_the_250_changes_nothing(server: Server, end: str) -> None:
    server.script["QUIT"] = end
    queue()

    assert deliver().state == "sent"
    deliver()
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("CONNECT", "554 not today"),
        ("CONNECT", CLOSE),
        ("MAIL", "530 sign in first"),
        ("MAIL", "451 later"),
        ("RCPT", "450 busy"),
        ("RCPT", CLOSE),
        ("DATA", "451 later"),
        ("BODY", "452 full"),
    ],
)
def test_what_may_be_otherwise_later_waits(server: Server, step: str, answer: str) -> None:
    """Wrong settings, too: no mail is given up for a password that somebody will mend."""
    server.script[step] = answer
    queue()

    found = deliver()
    assert (found.state, found.is_doubtful) == ("queued", False)
    assert found.error
    server.script.clear()
    assert deliver().state == "sent"


@pytest.mark.parametrize("step", ["RCPT", "DATA", "BODY"])
def test_what_is_refused_for_good_is_not_tried_again(server: Server, step: str) -> None:
    server.script[step] = "550 no such box"
    queue()

    assert (deliver().state, deliver().error) == ("failed", "550 no such box")


def test_one_bad_recipient_costs_the_others_nothing(server: Server) -> None:
    server.script["RCPT"] = "550 no such box"
    queue("bad@example.com")
    deliver()
    server.script.clear()
    for number in range(4):
        queue(f"good{number}@example.com")
    deliver()

    assert len(server.taken) == 4


def test_a_server_that_dies_before_its_answer_gets_it_once_more(server: Server) -> None:
    """With the same Message-ID, so that a receiver can tell; never a third time."""
    server.script["BODY"] = CLOSE
    queue()
    first = deliver()
    assert (first.state, first.is_doubtful) == ("queued", True)
    server.script["BODY"] = "451 later"
    assert deliver().state == "queued"
    server.script["BODY"] = CLOSE
    last = deliver()

    assert last.state == "uncertain"
    deliver()
    ids = {message_from_bytes(body, policy=default)["Message-ID"] for body in server.taken}
    assert len(ids) == 1
    assert len(server.taken) == 3  # one was refused in so many words


@pytest.mark.parametrize("step", ["CONNECT", "RCPT", "BODY"])
@pytest.mark.parametrize("how", [HANG, DRIP])
def test_a_server_that_hangs_is_left_in_time(
    server: Server, monkeypatch: pytest.MonkeyPatch, how: str, step: str
) -> None:
    """Also one that sends a byte now and then."""
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.5)
    server.script[step] = how
    queue()
    began = time.monotonic()

    assert deliver().state == "queued"
    assert time.monotonic() - began < 5


def test_a_server_without_tls_is_told_nothing(app: Flask, server: Server, config: Config) -> None:
    asked = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_user": "u"}
    app.config["PORTAL"] = replace(config, **asked, smtp_password="p", smtp_tls="starttls")  # type: ignore[arg-type]
    queue()

    assert deliver().state == "queued"
    assert server.taken == []
