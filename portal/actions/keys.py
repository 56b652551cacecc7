"""Keys of the API: made, rotated with overlap, revoked, and looked up once for each request."""

import hashlib
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit
from portal.core.actor import current_actor
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import NotFound, Refused
from portal.core.ids import new_id
from portal.models.clients import ApiKey, Client

PREFIX = "pk_live_"
LETTERS = string.ascii_letters + string.digits
RANDOM_LETTERS, CHECK_LETTERS, SHOWN_LETTERS = 32, 6, 14
MOST_NAME, MOST_ORIGINS = 80, 20
USED_EVERY = timedelta(minutes=1)
OVERLAP = timedelta(hours=24)


class Scope(StrEnum):
    """What a key opens: sending, reading, or sending events from a web page."""

    INGEST = "ingest"
    READ = "read"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class Found:
    """A good key, as a request knows it."""

    id: UUID
    client_id: UUID
    scope: str
    system: str
    prefix: str
    origins: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `secret` is shown once and never known again."""

    id: UUID
    secret: str


def create(
    client_id: UUID,
    scope: str,
    *,
    name: str = "",
    system: str = "api",
    expires_at: datetime | None = None,
    origins: Sequence[str] = (),
) -> NewKey:
    """
    Make a key; the caller commits.

    Raises:
        Refused: a name, scope, system, date or origin that no key may have.
    """
    _check(scope, name, system, expires_at)
    secret = _secret()
    key = ApiKey(
        id=new_id(),
        client_id=client_id,
        scope=scope,
        system=system,
        name=name.strip(),
        prefix=secret[:SHOWN_LETTERS],
        hash=_hash(secret),
        clear=secret if scope == Scope.BROWSER else "",
        origins=_origins(scope, origins),
        created_by=current_actor().user_id,
        created_at=now(),
        expires_at=expires_at,
    )
    db.session.add(key)
    audit.record("key.created", key.prefix, scope=scope, name=key.name)
    return NewKey(key.id, secret)


def rotate(client_id: UUID, key_id: UUID, overlap: timedelta = OVERLAP) -> NewKey:
    """
    Make a key like another, which stays good for `overlap`; the caller commits.

    Raises:
        NotFound: the client has no such key, or it is revoked.
    """
    old = _own(client_id, key_id)
    end = now() + overlap
    if old.revoked_at is not None or (old.expires_at and old.expires_at <= now()):
        raise NotFound("There is no such key.")
    new = create(client_id, old.scope, name=old.name, system=old.system, origins=tuple(old.origins))
    old.expires_at = min(old.expires_at, end) if old.expires_at else end
    audit.record("key.rotated", old.prefix, ends=old.expires_at.isoformat())
    return new


def revoke(client_id: UUID, key_id: UUID) -> None:
    """
    End a key at once, in every process; the caller commits.

    Raises:
        NotFound: the client has no such key.
    """
    key = _own(client_id, key_id)
    if key.revoked_at is None:
        key.revoked_at = now()
        audit.record("key.revoked", key.prefix)


def listed(client_id: UUID) -> Sequence[ApiKey]:
    """List a client's keys, newest first, ended ones too."""
    statement = sa.select(ApiKey).where(ApiKey.client_id == client_id)
    return db.session.scalars(statement.order_by(ApiKey.created_at.desc(), ApiKey.id)).all()


def everywhere() -> Sequence[tuple[ApiKey, Client]]:
    """List the keys of all clients by client, newest first; ended ones for a month."""
    month_ago = now() - timedelta(days=30)
    statement = (
        sa.select(ApiKey, Client)
        .join(Client, Client.id == ApiKey.client_id)
        .where(sa.or_(ApiKey.revoked_at.is_(None), ApiKey.revoked_at > month_ago))
        .where(sa.or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > month_ago))
        .order_by(Client.name, ApiKey.created_at.desc(), ApiKey.id)
    )
    return [(key, client) for key, client in db.session.execute(statement)]


def find(engine: sa.Engine, secret: str) -> Found | None:
    """
    Look a key up; None is one that is unknown, revoked or expired.

    Args:
        engine: in autocommit, so that this is one round trip and holds nothing.
        secret: as sent.
    """
    if not is_whole(secret):
        return None
    with engine.connect() as connection:
        at = now()
        row = connection.execute(
            sa.text(
                "SELECT id, client_id, scope, system, prefix, origins, last_used_at FROM api_keys"
                " WHERE hash = :hash AND revoked_at IS NULL"
                " AND (expires_at IS NULL OR expires_at > :at)"
            ),
            {"hash": _hash(secret), "at": at},
        ).one_or_none()
        if row is None:
            return None
        if row.last_used_at is None or row.last_used_at < at - USED_EVERY:
            connection.execute(
                sa.text(
                    "UPDATE api_keys SET last_used_at = :at WHERE id = :id"
                    " AND (last_used_at IS NULL OR last_used_at < :before)"
                ),
                {"at": at, "id": row.id, "before": at - USED_EVERY},
            )
    return Found(*row[:6])


def is_good(engine: sa.Engine, key_id: UUID) -> bool:
    """Whether a key that was good is so still."""
    with engine.connect() as connection:
        return bool(
            connection.execute(
                sa.text(
                    "SELECT EXISTS (SELECT FROM api_keys WHERE id = :id AND revoked_at IS NULL"
                    " AND (expires_at IS NULL OR expires_at > :at))"
                ),
                {"id": key_id, "at": now()},
            ).scalar_one()
        )


def is_guess(engine: sa.Engine, secret: str) -> bool:
    """Whether no such key ever was."""
    if not is_whole(secret):
        return True
    with engine.connect() as connection:
        sql = sa.text("SELECT NOT EXISTS (SELECT FROM api_keys WHERE hash = :hash)")
        return bool(connection.execute(sql, {"hash": _hash(secret)}).scalar_one())


def is_whole(secret: str) -> bool:
    """Whether it can be a key of ours at all: a cut or mistyped one needs no look-up."""
    body = secret.removeprefix(PREFIX)
    if len(body) != RANDOM_LETTERS + CHECK_LETTERS or body == secret or not body.isascii():
        return False
    return secrets.compare_digest(body[RANDOM_LETTERS:], _sum(body[:RANDOM_LETTERS]))


def _own(client_id: UUID, key_id: UUID) -> ApiKey:
    statement = sa.select(ApiKey).where(ApiKey.client_id == client_id, ApiKey.id == key_id)
    if (key := db.session.scalars(statement.with_for_update()).one_or_none()) is None:
        raise NotFound("There is no such key.")
    return key


def _check(scope: str, name: str, system: str, expires_at: datetime | None) -> None:
    if scope not in set(Scope):
        raise Refused("A key's scope is ingest, read or browser.", field="scope")
    if len(name.strip()) > MOST_NAME or "\0" in name:
        raise Refused(f"A name has at most {MOST_NAME} characters.", field="name")
    if not 0 < len(system) <= MOST_NAME or not system.isprintable() or system != system.strip():
        raise Refused(f"A system's name has 1 to {MOST_NAME} characters.", field="system")
    if expires_at is not None and expires_at <= now():
        raise Refused("A key must end in the future.", field="expires_at")


def _origins(scope: str, origins: Sequence[str]) -> list[str]:
    if scope != Scope.BROWSER:
        return []
    found = sorted({origin.strip().rstrip("/").lower() for origin in origins if origin.strip()})
    if not 0 < len(found) <= MOST_ORIGINS:
        raise Refused(f"A browser key needs 1 to {MOST_ORIGINS} origins.", field="origins")
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
            raise Refused("An origin looks like https://www.example.com.", field="origins")
    return found


def _secret() -> str:
    body = "".join(secrets.choice(LETTERS) for _ in range(RANDOM_LETTERS))
    return PREFIX + body + _sum(body)


def _sum(body: str) -> str:
    number, letters = zlib.crc32(body.encode()), []
    for _ in range(CHECK_LETTERS):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
