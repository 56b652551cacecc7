"""A client with something of everything in it, each thing marked with a word of that client."""

import io
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from PIL import Image

from portal.actions import import_files, imports, invitations, keys, logos
from portal.core.calendar import now
from portal.core.db import db
from portal.core.queue import enqueue
from portal.core.tenancy import acting_as
from portal.ingest import events, facts
from portal.models.accounts import Invitation, User
from portal.models.clients import Client
from portal.models.imports import Import
from tests import factories, people

KEY_ORIGIN = "https://shop.example.com"


@dataclass(frozen=True)
class House:
    """One furnished client, and what stands in addresses that lead to its things."""

    client: Client
    canary: str
    member: User
    secrets: dict[str, str]
    """A key of each scope, and a revoked one."""
    ids: dict[str, str]


def furnish(name: str) -> House:
    """Make a client with facts, an import, a key, an invitation, a logo, a member."""
    client = factories.client(name)
    canary = f"Canary{client.slug.replace('-', '')}"
    client.name = canary
    db.session.commit()
    member = people.person(canary.lower(), client=client)
    with acting_as(client.id):
        logos.store(client, _picture())
        secrets, key_id = _keys(client, canary)
        invitations.invite(f"{canary}@example.com", "viewer", client=client, name=canary)
    _facts(client, canary)
    import_id = _import(client, canary)
    run_id = enqueue("imports.run", client_id=client.id, import_id=import_id, delay_seconds=9999)
    invitation = db.session.scalar(sa.select(Invitation.id).filter_by(client_id=client.id))
    db.session.commit()
    ids = {
        "slug": client.slug,
        "client_id": client.id,
        "import_id": import_id,
        "key_id": key_id,
        "logo_id": client.logo_id,
        "user_id": member.id,
        "invitation_id": invitation,
        "run_id": run_id,
    }
    return House(client, canary, member, secrets, {key: str(value) for key, value in ids.items()})


def _keys(client: Client, canary: str) -> tuple[dict[str, str], object]:
    made = {scope: keys.create(client.id, scope, name=canary) for scope in ("ingest", "read")}
    made["browser"] = keys.create(client.id, "browser", name=canary, origins=(KEY_ORIGIN,))
    made["revoked"] = keys.create(client.id, "read", name=canary)
    keys.revoke(client.id, made["revoked"].id)
    return {scope: key.secret for scope, key in made.items()}, made["read"].id


def _facts(client: Client, canary: str) -> None:
    at = (now() - timedelta(hours=2)).isoformat()
    lead = {"external_id": "L1", "occurred_at": at, "source": canary, "name": canary}
    event = {"messageId": canary, "type": "track", "event": canary, "userId": canary}
    assert facts.store(client.id, "leads", "api", [lead, {"external_id": canary}]).stored == 1
    assert events.store(client.id, "api", [event]).stored == 1


def _import(client: Client, canary: str) -> object:
    with acting_as(client.id), import_files.incoming() as taken:
        taken.write(f"lead_id,created,name\na,2026-01-01,{canary}\n".encode())
        made: Import = imports.add(taken, f"{canary}.csv", "leads")
        return made.id


def _picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(drawn, "PNG")
    return drawn.getvalue()
