"""Who may do what: roles, rights, and the one table that joins them."""

from enum import StrEnum


class Right(StrEnum):
    """Something that a role allows inside one client."""

    VIEW = "view"
    IMPORT = "import"
    ANNOTATE = "annotate"
    GOALS = "goals"
    BUILD = "build"
    TEAM = "team"
    KEYS = "keys"
    SETTINGS = "settings"
    ERASE = "erase"


class Role(StrEnum):
    """What a person is to a client. The last two are the agency's own people."""

    VIEWER = "viewer"
    MANAGER = "manager"
    OWNER = "owner"
    ANALYST = "analyst"
    ADMIN = "admin"


MEMBER_ROLES = (Role.OWNER, Role.MANAGER, Role.VIEWER)
AGENCY_ROLES = (Role.ADMIN, Role.ANALYST)

_VIEWER = frozenset({Right.VIEW})
_MANAGER = _VIEWER | {Right.IMPORT, Right.ANNOTATE, Right.GOALS, Right.BUILD}
_ALL = frozenset(Right)

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _VIEWER,
    Role.MANAGER: _MANAGER,
    Role.OWNER: _ALL,
    Role.ANALYST: _VIEWER,
    Role.ADMIN: _ALL,
}


def role_for(agency_role: str, member_role: str) -> Role | None:
    """Say what someone is to a client, from their agency role and their membership ('' is none)."""
    if agency_role == Role.ADMIN:
        return Role.ADMIN
    if agency_role == Role.ANALYST:
        return Role.ANALYST if member_role else None
    return Role(member_role) if member_role in MEMBER_ROLES else None
