"""A manager uploads a file, sees what it would become, imports it, and takes it back."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.actions import import_files, import_reading, import_runs
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from portal.models.imports import Import
from tests import factories, people
from tests.ingest.files import shapes

LEADS = b"lead_id,created,stage,name\na,2026-01-01,new,Ann\nb,,won,=cmd()\n"


@pytest.fixture
def client(session: object) -> Client:
    return factories.client("newcomer", zone="America/New_York", currency="USD")


@pytest.fixture
def manager(app: Flask, client: Client) -> FlaskClient:
    return people.signed_in(app, people.person("mia", client=client, role="manager"))


def send(browser: FlaskClient, client: Client, data: bytes, **more: Any) -> Any:
    """Upload a file by the form."""
    fields = {
        "kind": more.pop("kind", "leads"),
        "csrf_token": people.form_token(browser, "/logout"),
    }
    name = more.pop("name", "leads.csv")
    fields |= more
    return browser.post(
        f"/c/{client.slug}/imports", data={**fields, "file": (io.BytesIO(data), name)}
    )


def the_import(client: Client) -> Import:
    with acting_as(client.id):
        return import_reading.listed()[0]


def act(browser: FlaskClient, client: Client, made: Import, what: str, **fields: str) -> Any:
    return people.post(browser, f"/c/{client.slug}/imports/{made.id}/{what}", **fields)


def work(client: Client, made: Import) -> Import:
    import_runs.run(client.id, made.id)
    return the_import(client)


def test_from_upload_to_numbers_and_back(manager: FlaskClient, client: Client) -> None:
    answer = send(manager, client, LEADS)
    made = the_import(client)
    assert (answer.status_code, answer.location) == (303, f"/c/{client.slug}/imports/{made.id}")

    page = manager.get(answer.location)
    assert page.status_code == 200
    assert "All 2 rows were looked at: 1 leads; 1 rows would be refused" in page.text
    assert "“created” is empty" in page.text

    assert act(manager, client, made, "start").status_code == 303
    assert "every 2s" in manager.get(answer.location).text
    made = work(client, made)
    assert made.counts == {"leads": {"stored": 1, "refused": 1}}

    page = manager.get(answer.location)
    assert "2 rows read, 1 refused" in page.text
    assert "every 2s" not in page.text
    lines = manager.get(f"{answer.location}/errors.csv", buffered=True)
    assert lines.text.splitlines()[1].startswith("3,leads,occurred_at,“created” is empty")
    assert "attachment" in lines.headers["Content-Disposition"]

    act(manager, client, made, "undo")
    assert work(client, made).undone == 1
    assert "1 facts withdrawn" in manager.get(answer.location).text
    assert "leads.csv" in manager.get(f"/c/{client.slug}/imports").text


def test_the_real_map_is_offered_and_used(
    manager: FlaskClient, client: Client, tmp_path: Path
) -> None:
    told = shapes.write_crm(tmp_path / "pipeline.csv", rows=3000)
    send(manager, client, (tmp_path / "pipeline.csv").read_bytes(), kind="")
    made = the_import(client)
    page = manager.get(f"/c/{client.slug}/imports/{made.id}").text
    assert "CRM sales opportunities (fits this file)" in page
    assert made.system == "crm"

    act(manager, client, made, "start")

    counts = work(client, made).counts
    assert counts["leads"] == {"stored": told.rows - told.undated, "refused": told.undated}
    assert counts["jobs"] == {"stored": told.won + told.lost}


def answered(page: str) -> dict[str, str]:
    """What a browser would send of the map's form, untouched."""
    form = page[page.index('id="map-form"') : page.index('id="preview"')]
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    for name, inner in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        fields[name] = chosen[1] if chosen else ""
    if re.search(r'name="has_header" checked', form):
        fields["has_header"] = "on"
    fields.pop("csrf_token", None)
    return fields


def test_the_form_says_what_the_map_said_and_changes_it(
    manager: FlaskClient, client: Client
) -> None:
    send(manager, client, LEADS.replace(b"new", b"Prospect").replace(b"won", b"Huh"))
    made = the_import(client)
    path = f"/c/{client.slug}/imports/{made.id}"
    fields = answered(manager.get(path).text)
    assert (fields["f0-external_id"], fields["f0-stage-w0"]) == ("column:lead_id", "new")

    act(manager, client, made, "map", **fields)
    assert the_import(client).map == {**made.map, "system": "file"}

    fields |= {"f0-stage-w1": "won", "f0-source": "constant", "f0-source-text": "referral"}
    fields |= {"f0-company": "column:name", "f0-company-text": "lead_id", "system": "old crm"}
    part = people.post(manager, f"/c/{client.slug}/p/imports/{made.id}/preview", **fields)
    assert part.status_code == 200
    assert "referral" in part.text
    act(manager, client, made, "map", **(fields | {"add": "calls"}))

    now = the_import(client)
    mapped = now.map["facts"][0]["fields"]
    assert mapped["source"] == {"constant": "referral"}
    assert mapped["company"]["columns"] == ["name", "lead_id"]
    assert mapped["stage"]["values"] == {"Prospect": "new", "Huh": "won"}
    assert [fact["kind"] for fact in now.map["facts"]] == ["leads", "calls"]
    assert now.system == "old crm"
    refused = act(manager, client, made, "map", **fields, then="start")
    assert refused.status_code == 422
    assert "calls needs" in refused.text


def test_a_map_is_saved_and_used_again(manager: FlaskClient, client: Client) -> None:
    send(manager, client, LEADS)
    made = the_import(client)
    act(manager, client, made, "save-map", name="Our leads")
    page = manager.get(f"/c/{client.slug}/imports/{made.id}").text
    assert "Our leads (saved)" in page

    act(manager, client, made, "use-map", name="kind:payments")
    assert the_import(client).map["facts"][0]["kind"] == "payments"
    act(manager, client, made, "use-map", name="saved:Our leads")
    assert the_import(client).map["name"] == "Our leads"
    assert act(manager, client, made, "use-map", name="saved:nope").status_code == 404
    as_json = manager.get(f"/c/{client.slug}/imports/{made.id}/map.json")
    assert as_json.get_json()["name"] == "Our leads"


def test_a_viewer_may_not_and_a_stranger_sees_nothing(
    app: Flask, manager: FlaskClient, client: Client, globex: Client
) -> None:
    viewer = people.signed_in(app, people.person("vic", client=client))
    stranger = people.signed_in(app, people.person("sam", client=globex, role="owner"))
    send(manager, client, LEADS)
    made = the_import(client)

    assert send(viewer, client, LEADS).status_code == 403
    assert viewer.get(f"/c/{client.slug}/imports").status_code == 403
    assert send(stranger, client, LEADS).status_code == 404
    for path in ("", "/errors.csv", "/map.json"):
        assert stranger.get(f"/c/{globex.slug}/imports/{made.id}{path}").status_code == 404
    part = f"/c/{globex.slug}/p/imports/{made.id}/progress"
    assert stranger.get(part).status_code == 404


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"%PDF-1.7", "PDF"), (b"PK\x03\x04 not really", "damaged"),
     (b"\xd0\xcf\x11\xe0\xa1\xb1", "old or protected Excel")],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(
    manager: FlaskClient, client: Client, data: bytes, words: str
) -> None:
    before = set(import_files.folder().iterdir())

    answer = send(manager, client, data)

    assert answer.status_code == 422
    assert words in answer.text
    assert set(import_files.folder().iterdir()) == before


def test_an_upload_without_its_token_is_refused(manager: FlaskClient, client: Client) -> None:
    before = set(import_files.folder().iterdir())

    answer = send(manager, client, LEADS, csrf_token="forged")

    assert answer.status_code == 400
    assert set(import_files.folder().iterdir()) == before


def test_hostile_forms_are_answered_not_obeyed(
    app: Flask, manager: FlaskClient, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too large, too many parts, no file, two files, a body that ends early."""
    path = f"/c/{client.slug}/imports"
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], import_megabytes=1))
    token = people.form_token(manager, "/logout")

    big = b"--X\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\n"
    big += b"a,b\n" * (1 << 20) + b"\r\n--X--\r\n"
    form = "multipart/form-data; boundary=X"
    assert manager.post(path, data=big, content_type=form).status_code == 413
    parts = {f"p{n}": "x" for n in range(1500)}
    assert manager.post(path, data={**parts, "file": (io.BytesIO(LEADS), "x")}).status_code == 413
    assert manager.post(path, data={"csrf_token": token}).status_code == 422
    files = [(io.BytesIO(LEADS), "a.csv"), (io.BytesIO(LEADS), "b.csv")]
    assert manager.post(path, data={"csrf_token": token, "file": files}).status_code == 422
    assert manager.post(path, data=big[:900], content_type=form).status_code == 400
    assert not list(import_files.folder().glob("*.part"))


def test_a_file_name_is_shown_and_never_used(manager: FlaskClient, client: Client) -> None:
    name = "../../con\u202e<b>.csv"
    send(manager, client, LEADS, name=name)

    assert the_import(client).file_name == "con<b>.csv"
    assert "con&lt;b&gt;.csv" in manager.get(f"/c/{client.slug}/imports").text


def test_a_cell_like_a_formula_is_tamed_in_the_errors(manager: FlaskClient, client: Client) -> None:
    send(manager, client, b"lead_id,created,name\na,soon,x\n")
    made = the_import(client)
    fields = {"json": '{"facts": [{"kind": "leads", "fields": {"external_id": {"column":'
              ' "name"}, "occurred_at": {"column": "lead_id"}}}]}'}  # fmt: skip
    answer = act(manager, client, made, "map", **fields, then="start")
    assert answer.status_code == 303, answer.text
    assert work(client, made).refused_rows == 1

    text = manager.get(f"/c/{client.slug}/imports/{made.id}/errors.csv", buffered=True).text
    assert "occurred_at" in text
    assert not re.search(r"(^|,)[=@+]", text)


def test_an_admin_sees_the_imports_of_all_clients(
    app: Flask, manager: FlaskClient, client: Client
) -> None:
    send(manager, client, LEADS, name=f"{client.slug}.csv")
    ada = people.person("ada", agency="admin")
    ada.totp_confirmed_at = ada.created_at
    db.session.commit()
    admin = people.signed_in(app, ada)

    page = admin.get("/admin/imports")

    assert f"{client.slug}.csv" in page.text
    assert f"/c/{client.slug}/imports/{the_import(client).id}" in page.text
    assert manager.get("/admin/imports").status_code == 404


def test_no_transaction_is_open_while_a_file_comes_in(
    manager: FlaskClient, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload takes minutes; the database ends a transaction that idles for half of one."""
    open_ones: list[bool] = []
    real = import_files.Incoming.write

    def write(self: import_files.Incoming, data: bytes) -> int:
        open_ones.append(db.session().in_transaction())
        return real(self, data)

    monkeypatch.setattr(import_files.Incoming, "write", write)
    assert send(manager, client, LEADS).status_code == 303
    assert open_ones
    assert not any(open_ones)
