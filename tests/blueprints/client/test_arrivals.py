"""The page that shows what arrived, and the pages of keys."""

import re
from typing import Any

from flask import Flask

from portal.actions import keys
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import events, facts
from portal.models.accounts import User
from portal.models.clients import Client
from tests import people
from tests.ingest.items import SMALLEST, fullest, smallest


def fill(client: Client, many: int = 1) -> None:
    """Let something of each kind arrive, and something be refused."""
    for kind in SMALLEST:
        items = [smallest(kind, f"{kind}-{number}") for number in range(many)]
        assert facts.store(client.id, kind, "api", [*items, fullest(kind, f"{kind}-full")]).stored
    sent = [{"type": "track", "event": "Signed Up", "userId": "u1", "messageId": "ev-1"}]
    assert events.store(client.id, "api", sent).stored == 1
    facts.store(client.id, "leads", "api", [{"external_id": "bad<b>", "occurred_at": "<i>now"}])


def test_everything_is_listed(app: Flask, acme: Client, bob: User) -> None:
    """A viewer sees each kind with its id and words, and nothing that is not escaped."""
    fill(acme)
    page = people.signed_in(app, bob).get(f"/c/{acme.slug}/arrivals")
    assert page.status_code == 200
    for kind in SMALLEST:
        assert f"{kind}-full" in page.text
    assert "ev-1" in page.text
    assert "Signed Up" in page.text
    assert "bad" not in page.text
    refused = people.signed_in(app, bob).get(f"/c/{acme.slug}/arrivals?show=refused")
    assert "bad&lt;b&gt;" in refused.text
    assert "occurred_at: must be an instant" in refused.text
    assert "<i>now" not in refused.text


def test_kinds_and_words_narrow_it(app: Flask, acme: Client, bob: User) -> None:
    """By kind, by id, by what the body holds; percent and underscore are letters."""
    fill(acme)
    browser = people.signed_in(app, bob)
    base = f"/c/{acme.slug}/arrivals"
    leads = browser.get(f"{base}?kind=leads").text
    assert "leads-full" in leads
    assert "calls-full" not in leads
    assert "jobs-full" in browser.get(f"{base}?q=JOBS-FULL").text
    assert "leads-full" in browser.get(f"{base}?q=ann@example").text
    assert "match" in browser.get(f"{base}?q=%25").text
    assert "nothing here" not in browser.get(f"{base}?kind=nonsense").text


def test_pages_go_back_in_time(app: Flask, acme: Client, bob: User) -> None:
    """Following "Older" shows each thing once, also where many came at the same instant."""
    fill(acme, 20)
    browser = people.signed_in(app, bob)
    seen: list[str] = []
    address: str | None = f"/c/{acme.slug}/arrivals"
    while address:
        text = browser.get(address).text
        seen += re.findall(r'<b class="med">([^<]+)</b>', text)
        found = re.search(r'rel="next" href="([^"]+)"', text)
        address = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 21 * len(SMALLEST) + 1
    assert browser.get(f"/c/{acme.slug}/arrivals?cursor=x").status_code == 422


def test_the_list_follows(app: Flask, acme: Client, bob: User) -> None:
    """304 while nothing arrives, the new line once it does."""
    browser = people.signed_in(app, bob)
    path = f"/c/{acme.slug}/p/arrivals"
    first = browser.get(path)
    assert "Nothing has arrived yet" in first.text
    tag = {"If-None-Match": first.headers["ETag"], "X-Portal-Tick": "1"}
    assert browser.get(path, headers=tag).status_code == 304
    facts.store(acme.id, "leads", "api", [smallest("leads", "fresh")])
    again = browser.get(path, headers=tag)
    assert again.status_code == 200
    assert "fresh" in again.text


def test_nobody_sees_anothers_arrivals(
    app: Flask, acme: Client, globex: Client, charlie: User
) -> None:
    """Not by address, not by part."""
    fill(acme)
    browser = people.signed_in(app, charlie)
    for path in ("arrivals", "p/arrivals", "settings/keys"):
        assert browser.get(f"/c/{acme.slug}/{path}").status_code == 404
    assert "leads-full" not in browser.get(f"/c/{globex.slug}/arrivals").text


def make(browser: Any, client: Client, **fields: str) -> Any:
    """Ask for a key by the form."""
    wish = {"name": "CRM", "scope": "ingest", "system": "crm", "origins": "", "expires_on": ""}
    return people.post(browser, f"/c/{client.slug}/settings/keys", **{**wish, **fields})


def test_owner_makes_rotates_and_revokes(app: Flask, acme: Client, alice: User) -> None:
    """A key is shown once, in the answer that made it; its row shows the start alone."""
    browser = people.signed_in(app, alice)
    made = make(browser, acme)
    [secret] = re.findall(r"pk_live_[A-Za-z0-9]{38}", made.text)
    listed = browser.get(f"/c/{acme.slug}/settings/keys")
    assert secret not in listed.text
    assert secret[:14] in listed.text
    with acting_as(acme.id):
        [key] = keys.listed(acme.id)
    assert (key.system, key.scope, key.created_by) == ("crm", "ingest", alice.id)
    base = f"/c/{acme.slug}/settings/keys/{key.id}"
    rotated = people.post(browser, f"{base}/rotate", overlap="24")
    [second] = re.findall(r"pk_live_[A-Za-z0-9]{38}", rotated.text)
    assert second != secret
    assert people.post(browser, f"{base}/revoke").status_code == 303
    page = browser.get(f"/c/{acme.slug}/settings/keys").text
    assert "Revoked" in page


def test_refused_wishes_say_why(app: Flask, acme: Client, alice: User) -> None:
    """The form comes back with what is wrong."""
    browser = people.signed_in(app, alice)
    for fields in (
        {"name": ""},
        {"scope": "admin"},
        {"system": ""},
        {"expires_on": "2020-01-01"},
        {"scope": "browser"},
        {"scope": "browser", "origins": "javascript:x"},
    ):
        answer = make(browser, acme, **fields)
        assert answer.status_code == 422, fields
        assert "needs a look" in answer.text or "need a look" in answer.text
    with acting_as(acme.id):
        assert keys.listed(acme.id) == []


def test_only_owners_have_keys(app: Flask, acme: Client, bob: User, globex: Client) -> None:
    """A viewer may not; an owner of another client finds nothing."""
    browser = people.signed_in(app, bob)
    assert browser.get(f"/c/{acme.slug}/settings/keys").status_code == 403
    assert make(browser, acme).status_code == 403
    owner = people.signed_in(app, people.person("olga", client=globex, role="owner"))
    with acting_as(acme.id):
        key = keys.create(acme.id, "read")
    path = f"/c/{globex.slug}/settings/keys/{key.id}/revoke"
    assert people.post(owner, path).status_code == 404


def test_admins_see_all_keys(app: Flask, acme: Client) -> None:
    """By client, with a way to end them."""
    with acting_as(acme.id):
        key = keys.create(acme.id, "ingest", name="Website")
    root = people.person("root", agency="admin")
    root.totp_secret, root.totp_confirmed_at = b"sealed", root.created_at
    db.session.commit()
    admin = people.signed_in(app, root)
    page = admin.get("/admin/keys")
    assert "Website" in page.text
    assert key.secret not in page.text
    assert people.post(admin, f"/admin/keys/{acme.id}/{key.id}/revoke").status_code == 303
    with acting_as(acme.id):
        assert keys.listed(acme.id)[0].revoked_at is not None
