"""The table of routes and roles as a page to read: `portal access` writes docs/access.md."""

from collections.abc import Iterator

from flask import Flask

from portal.blueprints.access import OPEN, Door, Kind, Verdict, Visitor, doors

HEAD = """# Who may open what

Written by `portal access` from the routes themselves; a test fails when it is stale, and the matrix
test (`tests/tenancy/test_matrix.py`) asks every cell that is no ✓ for real, and every ✓ of a GET.

Members and the analyst are of the client in the address. A client that is not theirs, or that does
not exist, is **404** to all of them, in the same words; an admin of the agency sees every client.
A key has its own client and names none; a key that is unknown, revoked or expired gets 401.
While an admin views as a member, nothing can be changed: 403.
"""
ROOMS = {
    Kind.CLIENT: ("Pages of a client", "Of the client whose `<slug>` it is; by right."),
    Kind.ADMIN: ("Pages of the agency", "To members of clients they are not there."),
    Kind.ADMINS_ONLY: ("Viewing as a client", ""),
    Kind.ACCOUNT: ("One's own", "Each person sees what is theirs."),
}
SHOWN = (
    Visitor.NOBODY,
    Visitor.HALF,
    Visitor.VIEWER,
    Visitor.MANAGER,
    Visitor.OWNER,
    Visitor.ANALYST,
    Visitor.ADMIN,
    Visitor.STRANGER,
    Visitor.UNGRANTED,
)
KEYS = (Visitor.NOBODY, Visitor.INGEST, Visitor.READ, Visitor.BROWSER, Visitor.REVOKED)


def page(app: Flask) -> str:
    """Write the whole page as Markdown."""
    known = list(doors(app))
    lines = [HEAD]
    for kind, (title, about) in ROOMS.items():
        lines += [f"## {title}", "", *([about, ""] if about else [])]
        lines += [*_table([door for door in known if door.kind == kind], SHOWN), ""]
    lines += ["## Programs", "", "With a key in the header; a person's cookie opens none.", ""]
    lines += [*_table([door for door in known if door.kind == Kind.KEY], KEYS), ""]
    lines += ["## Open to all", "", *_open(known), ""]
    lines += ["`/metrics` asks for the token of the settings, and is not there without it."]
    return "\n".join(lines) + "\n"


def _table(found: list[Door], visitors: tuple[Visitor, ...]) -> Iterator[str]:
    has_rights = any(door.kind == Kind.CLIENT for door in found)
    head = ["route", "method", *(["right"] if has_rights else []), *visitors]
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for door in found:
        cells: list[str] = [f"`{door.path}`", door.method]
        cells += [door.right] if has_rights else []
        cells += [_word(door.verdict(visitor)) for visitor in visitors]
        yield f"| {' | '.join(cells)} |"


def _word(verdict: Verdict) -> str:
    return verdict.value


def _open(known: list[Door]) -> Iterator[str]:
    yield "| route | method | why |"
    yield "|---|---|---|"
    for door in known:
        if door.kind == Kind.OPEN:
            yield f"| `{door.path}` | {door.method} | {OPEN[door.endpoint]} |"
