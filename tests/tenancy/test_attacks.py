"""Somebody of one client tries to reach another's things by every id and word there is."""

from typing import Any

import pytest
from flask import Flask

from portal.blueprints.access import Visitor
from portal.core.db import db
from portal.core.tenancy import acting_as
from tests import callers
from tests.callers import Caller
from tests.houses import House, furnish
from tests.people import person, post, signed_in

HTTPS = "https://localhost"
FOREIGN_THINGS = (
    "logo/{logo_id}.png",
    "imports/{import_id}",
    "imports/{import_id}/errors.csv",
    "imports/{import_id}/map.json",
    "p/imports/{import_id}/progress",
)
FOREIGN_DEEDS = (
    "imports/{import_id}/start",
    "imports/{import_id}/cancel",
    "imports/{import_id}/discard",
    "imports/{import_id}/undo",
    "imports/{import_id}/map",
    "imports/{import_id}/use-map",
    "imports/{import_id}/save-map",
    "p/imports/{import_id}/preview",
    "settings/keys/{key_id}/revoke",
    "settings/keys/{key_id}/rotate",
    "settings/team/{user_id}/role",
    "settings/team/{user_id}/remove",
    "settings/team/invitations/{invitation_id}/revoke",
)


@pytest.fixture(scope="module")
def houses(app: Flask) -> tuple[House, House]:
    """Furnish the attacked and the attacker."""
    with app.app_context():
        return furnish("acme"), furnish("globex")


@pytest.fixture
def owner(app: Flask, session: object, houses: tuple[House, House]) -> Caller:
    """A browser of globex's owner, who may do everything there."""
    user = person("charlie", client=houses[1].client, role="owner")
    return Caller(signed_in(app, user))


@pytest.fixture
def programs(app: Flask, session: object, houses: tuple[House, House]) -> dict[Visitor, Caller]:
    """Programs with globex's keys."""
    return callers.programs_of(app, houses[1])


def call(program: Caller, method: str, path: str, **sent: Any) -> Any:
    """Send with the program's key."""
    return program.browser.open(
        path, method=method, headers=program.headers, base_url=HTTPS, **sent
    )


@pytest.mark.parametrize("thing", FOREIGN_THINGS)
def test_anothers_id_below_the_own_slug_is_not_there(
    owner: Caller, houses: tuple[House, House], thing: str
) -> None:
    acme, globex = houses
    own = owner.browser.get(f"/c/{globex.client.slug}/{thing.format(**globex.ids)}", buffered=True)
    foreign = owner.browser.get(f"/c/{globex.client.slug}/{thing.format(**acme.ids)}")

    assert (own.status_code, foreign.status_code) == (200, 404)
    assert acme.canary.encode() not in foreign.data


@pytest.mark.parametrize("deed", FOREIGN_DEEDS)
def test_nothing_is_done_to_anothers_id(
    owner: Caller, houses: tuple[House, House], deed: str
) -> None:
    acme, globex = houses
    answer = post(
        owner.browser, f"/c/{globex.client.slug}/{deed.format(**acme.ids)}", role="viewer"
    )

    assert answer.status_code == 404
    assert acme.canary not in answer.text


def test_the_client_is_not_taken_from_what_is_sent(
    programs: dict[Visitor, Caller], houses: tuple[House, House]
) -> None:
    """A key has one client, whatever parameters, headers and bodies say."""
    acme, globex = houses
    words = {"client_id": acme.ids["client_id"], "client": acme.ids["slug"]}
    headers = {"X-Client-ID": acme.ids["client_id"], "X-Tenant-ID": acme.ids["slug"]}
    read, ingest = programs[Visitor.READ], programs[Visitor.INGEST]
    read.headers.update(headers)

    listed = call(read, "GET", "/api/v1/facts/leads")
    named = call(read, "GET", "/api/v1/facts/leads", query_string=words)
    asked = call(read, "POST", "/api/v1/query", json={"metrics": ["leads"], **words})
    lead = {"external_id": "L9", "occurred_at": "2026-03-03T12:00:00Z", **words}
    call(ingest, "POST", "/api/v1/facts/leads", json=[lead])
    with acting_as(acme.client.id):
        stolen = db.session.scalar(
            db.text("SELECT count(*) FROM leads WHERE client_id = :id AND external_id = 'L9'"),
            {"id": acme.client.id},
        )

    assert globex.canary in listed.text
    assert acme.canary not in listed.text + named.text + asked.text
    assert (named.status_code, asked.status_code) == (422, 422)
    assert stolen == 0


def test_withdrawing_what_another_sent_under_the_same_id_touches_the_own_only(
    programs: dict[Visitor, Caller], houses: tuple[House, House]
) -> None:
    acme, _ = houses
    call(programs[Visitor.INGEST], "DELETE", "/api/v1/facts/leads/L1?version=9")
    with acting_as(acme.client.id):
        alive = db.session.scalar(
            db.text(
                "SELECT count(*) FROM leads WHERE client_id = :id AND external_id = 'L1'"
                " AND withdrawn_at IS NULL"
            ),
            {"id": acme.client.id},
        )

    assert alive == 1


@pytest.mark.parametrize("path", ["/api/v1/facts/leads", "/api/v1/events"])
def test_anothers_cursor_is_refused(
    app: Flask, programs: dict[Visitor, Caller], houses: tuple[House, House], path: str
) -> None:
    """A cursor of the same list is good for the client that got it, and for nobody else."""
    acme = houses[0]
    read = callers.programs_of(app, acme)
    sender = read[Visitor.INGEST]
    if "facts" in path:
        at = "2026-03-04T12:00:00Z"
        items = [{"external_id": f"C{n}", "occurred_at": at, "source": "x"} for n in range(3)]
        assert call(sender, "POST", path, json=items).json["stored"] == 3
    else:
        batch = [{"messageId": f"c{n}", "type": "track", "event": "x", "userId": "u"}
                 for n in range(3)]  # fmt: skip
        call(sender, "POST", "/v1/batch", json={"batch": batch})
    cursor = call(read[Visitor.READ], "GET", f"{path}?limit=1").json["next"]
    assert cursor
    own = call(read[Visitor.READ], "GET", path, query_string={"cursor": cursor})
    foreign = call(programs[Visitor.READ], "GET", path, query_string={"cursor": cursor})

    assert (own.status_code, foreign.status_code) == (200, 422)
    assert acme.canary not in foreign.text


def test_an_etag_of_another_client_is_no_answer(
    app: Flask, session: object, owner: Caller, houses: tuple[House, House]
) -> None:
    acme, globex = houses
    other = signed_in(app, person("alice", client=acme.client, role="owner"))
    for page in ("p/arrivals", "p/overview/cards"):
        tag = other.get(f"/c/{acme.client.slug}/{page}").headers["ETag"]
        answer = owner.browser.get(
            f"/c/{globex.client.slug}/{page}", headers={"If-None-Match": tag}
        )

        assert answer.status_code == 200


def test_viewing_as_one_client_opens_no_door_to_change_another(
    app: Flask, session: object, houses: tuple[House, House]
) -> None:
    acme, globex = houses
    admin = signed_in(app, callers.admin())
    assert post(admin, "/view-as", slug=acme.ids["slug"], role="viewer").status_code == 303

    paths = [f"/c/{house.client.slug}/settings/keys" for house in (acme, globex)]
    assert [post(admin, path, name="x", scope="read").status_code for path in paths] == [403, 403]
    assert admin.get(paths[0]).status_code == 403
    assert post(admin, f"/admin/clients/{globex.ids['client_id']}/status").status_code == 403


def test_a_letter_case_or_a_dot_opens_nothing(owner: Caller, houses: tuple[House, House]) -> None:
    """TI-24: an address is decided as its canonical form, or it is not there."""
    slug = houses[0].client.slug
    for path in (
        f"//c/{slug}/overview", f"/C/{slug}/overview", f"/c/{slug.upper()}/overview",
        f"/c/{slug}/overview/", f"/c/{slug}/./overview", f"/c/{slug};x/overview",
        f"/c/{houses[1].client.slug}/../{slug}/overview", f"/c/{slug}%00/overview",
        "/Admin/clients", "/admin/./clients", "/admin%2fclients", "/admin;x/clients",
    ):  # fmt: skip
        answer = owner.browser.get(path)

        assert answer.status_code in {303, 308, 400, 404}, path
        assert houses[0].canary not in answer.text
        if answer.location:
            assert owner.browser.get(answer.location).status_code == 404, path
