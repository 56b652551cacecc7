"""Mails go out once, to a real SMTP server or to the demo's folder, and wait when they must."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from portal.actions import deliveries, letters, mails
from portal.config import Config
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Refused
from portal.models.accounts import User
from portal.models.mails import MailOutbox


class Sink:
    """A mail server that keeps what it is given, or refuses as told."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail, or refuse it."""
        if self.answer.startswith("250"):
            self.taken.append(envelope.content)  # type: ignore[attr-defined]  # aiosmtpd's envelope
        return self.answer


@pytest.fixture
def sink(app: Flask, session: object, config: Config) -> Iterator[Sink]:
    """Let the portal speak to a mail server of our own; no mail of another test waits."""
    db.session.execute(db.update(MailOutbox).values(state="dropped"))
    db.session.commit()
    sink = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(sink, hostname="127.0.0.1", port=port)
    server.start()
    app.config["PORTAL"] = replace(config, smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none")
    yield sink
    app.config["PORTAL"] = config
    server.stop()


LETTER = {"heading": "Hello <b>", "lines": ["One & two"], "link": "http://localhost/x"}


def queue(address: str = "ada@example.com", key: str = "") -> MailOutbox:
    mails.queue(address, "Hello", "letter", dict(LETTER), key or f"test:{now()}")
    db.session.commit()
    return db.session.scalars(db.select(MailOutbox).order_by(MailOutbox.id.desc())).first()  # type: ignore[return-value]


def test_a_mail_arrives_once_in_words_and_html(sink: Sink) -> None:
    row = queue()

    assert deliveries.deliver_due() == 1
    assert deliveries.deliver_due() == 0

    message = message_from_bytes(sink.taken[0], policy=default)
    assert len(sink.taken) == 1
    assert (message["To"], message["Subject"]) == ("ada@example.com", "Hello")
    assert message["Message-ID"] == row.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in message.iter_parts())
    assert "Hello <b>" in text
    assert "One & two" in text
    assert "Hello &lt;b&gt;" in html
    assert "<style" not in html
    db.session.refresh(row)
    assert (row.state, row.context) == ("sent", b"")


def test_the_same_thing_is_mailed_once(sink: Sink) -> None:
    for _ in range(5):
        queue(key="test:the same")

    deliveries.deliver_due()

    assert len(sink.taken) == 1


def test_a_mail_waits_when_the_server_is_busy_and_fails_when_it_refuses(sink: Sink) -> None:
    waits = queue("busy@example.com")
    sink.answer = "451 later"
    assert deliveries.deliver_due() == 1
    db.session.refresh(waits)
    assert (waits.state, waits.error) == ("queued", "451 later")
    assert waits.due_at > now() + timedelta(seconds=20)

    refused = queue("never@example.com")
    sink.answer = "550 no such person"
    deliveries.deliver_due()
    db.session.refresh(refused)
    assert (refused.state, refused.error) == ("failed", "550 no such person")
    assert refused.context == b""


def test_without_a_server_nothing_is_lost(app: Flask, sink: Sink, config: Config) -> None:
    app.config["PORTAL"] = replace(config, smtp_host="127.0.0.1", smtp_port=1, smtp_tls="none")
    row = queue()

    deliveries.deliver_due()

    db.session.refresh(row)
    assert (row.state, row.attempt) == ("queued", 1)


def test_a_dead_sender_costs_one_more_hand_over_and_no_third(sink: Sink) -> None:
    row = queue()
    _die_while_sending(row)
    assert deliveries.any_due()

    deliveries.deliver_due()
    db.session.refresh(row)
    assert (row.state, row.is_doubtful, len(sink.taken)) == ("sent", True, 1)

    again = queue()
    _die_while_sending(again, is_doubtful=True)
    deliveries.deliver_due()
    db.session.refresh(again)
    assert (again.state, len(sink.taken)) == ("uncertain", 1)


@pytest.mark.parametrize(("to", "subject"), [("a@b.io\r\nBcc: c@d.io", "x"), ("a@b.io", "x\ny")])
@pytest.mark.usefixtures("session")
def test_a_line_break_in_a_header_is_refused(to: str, subject: str) -> None:
    with pytest.raises(Refused):
        mails.queue(to, subject, "letter", {}, "test:header")


def test_a_key_in_a_mail_is_not_in_the_database(sink: Sink, alice: User) -> None:
    letters.send_reset(alice, "http://localhost/reset/this-is-the-key")
    db.session.commit()

    rows = db.session.scalars(db.select(MailOutbox).filter_by(to_address=alice.email)).all()

    assert rows
    assert all(b"this-is-the-key" not in row.context for row in rows)


def test_the_demo_writes_mails_into_a_folder(
    app: Flask, sink: Sink, config: Config, tmp_path: Path
) -> None:
    demo = replace(config, demo=True, data_dir=tmp_path, base_url="http://127.0.0.1:8000")
    app.config["PORTAL"] = demo
    row = queue()

    deliveries.deliver_due()

    browser = app.test_client()
    listed = browser.get("/dev/mail", headers={"Host": "127.0.0.1:8000"})
    shown = browser.get(f"/dev/mail/{row.id.hex}", headers={"Host": "127.0.0.1:8000"})
    assert [file.stem for file in (tmp_path / "mail").iterdir()] == [row.id.hex]
    assert "Hello" in listed.text
    assert '<a class="link" href="http://localhost/x">' in shown.text
    assert "Hello &lt;b&gt;" in shown.text
    for name in ("..%2f..%2fetc%2fpasswd", "x", "0" * 32):
        assert browser.get(f"/dev/mail/{name}").status_code == 404
    stranger = {"REMOTE_ADDR": "192.0.2.1"}
    assert browser.get("/dev/mail", environ_base=stranger).status_code == 404
    app.config["PORTAL"] = config
    assert browser.get("/dev/mail").status_code == 404


def _die_while_sending(row: MailOutbox, *, is_doubtful: bool = False) -> None:
    row.state, row.attempt, row.is_doubtful = "sending", row.attempt + 1, is_doubtful
    row.lease_until = now() - timedelta(seconds=1)
    db.session.commit()
