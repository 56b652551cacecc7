"""Sessions begin, are listed, and end: rows, so that an end holds at once in every process."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit
from portal.actions.visits import WHOLE_LIFE
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.rights import MEMBER_ROLES, Role
from portal.core.sealing import digest, new_token
from portal.models.accounts import UserSession

CAP = 20
VIEW_LIFE = timedelta(minutes=60)
TEXT_LENGTH = 200


def start(user_id: UUID, *, is_half: bool, user_agent: str, address: str) -> str:
    """Begin a session and return its cookie; above twenty the oldest ends. The caller commits."""
    cookie, at = new_token(), now()
    db.session.add(
        UserSession(
            hash=digest(cookie),
            user_id=user_id,
            is_half=is_half,
            created_at=at,
            seen_at=at,
            user_agent=user_agent[:TEXT_LENGTH],
            address=address,
        )
    )
    db.session.flush()
    _end(UserSession.id.in_(_beyond_the_cap(user_id)), "more than twenty")
    return cookie


def end_by_cookie(cookie: str, reason: str) -> None:
    """End the session of `cookie`, if it lives."""
    _end(UserSession.hash == digest(cookie), reason)


def end_one(user_id: UUID, session_id: UUID) -> None:
    """
    End one session of a person.

    Raises:
        NotFound: it is somebody else's, or over.
    """
    mine = sa.and_(UserSession.id == session_id, UserSession.user_id == user_id)
    if not _end(mine, "ended from the list"):
        raise NotFound
    audit.record("session.ended", str(session_id))


def end_all(user_id: UUID, reason: str, *, but: UUID | None = None) -> int:
    """End all sessions of a person (all but one) and return how many that were."""
    whose = UserSession.user_id == user_id
    return _end(whose if but is None else sa.and_(whose, UserSession.id != but), reason)


def living(user_id: UUID, idle: timedelta) -> Sequence[UserSession]:
    """List a person's living sessions, the last seen first."""
    at = now()
    return db.session.scalars(
        sa.select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .where(UserSession.is_half.is_(False))
        .where(UserSession.created_at > at - WHOLE_LIFE, UserSession.seen_at > at - idle)
        .order_by(UserSession.seen_at.desc())
    ).all()


def start_view(session_id: UUID, client_id: UUID, role: Role) -> None:
    """Let an agency admin see a client as `role` does, for an hour; the caller checks who asks."""
    if role not in MEMBER_ROLES:
        raise NotFound
    _set_view(session_id, client_id, role)


def stop_view(session_id: UUID) -> None:
    """Show the agency admin their own rights again."""
    _set_view(session_id, None, None)


def _set_view(session_id: UUID, client_id: UUID | None, role: Role | None) -> None:
    until = now() + VIEW_LIFE if client_id else None
    db.session.execute(
        sa.update(UserSession)
        .where(UserSession.id == session_id)
        .values(view_client_id=client_id, view_role=role or "", view_until=until)
    )


def _beyond_the_cap(user_id: UUID) -> sa.Select[UUID]:
    return (
        sa.select(UserSession.id)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .order_by(UserSession.created_at.desc(), UserSession.id.desc())
        .offset(CAP)
    )


def _end(which: sa.ColumnElement[bool], reason: str) -> int:
    return _count(
        sa.update(UserSession)
        .where(which, UserSession.ended_at.is_(None))
        .values(ended_at=now(), end_reason=reason)
        .execution_options(synchronize_session=False)
    )


def _count(statement: sa.Executable) -> int:
    result = db.session.execute(statement)
    assert isinstance(result, sa.CursorResult)
    return result.rowcount
