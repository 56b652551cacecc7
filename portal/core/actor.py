"""Who acts, and from where: said once by the edge, read by whoever keeps the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a key or the machine itself."""

    name: str = "portal"
    """E-mail address, key prefix, or `portal` for what nobody asked for."""
    user_id: UUID | None = None
    address: str = ""
    request_id: str = ""


_nobody = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=_nobody)


def current_actor() -> Actor:
    """Tell who acts now."""
    return _actor.get()


def set_actor(actor: Actor) -> None:
    """Name who acts in the rest of this context; the web layer sets it for each request."""
    _actor.set(actor)


@contextmanager
def acting_for(actor: Actor) -> Iterator[None]:
    """Name who acts until the block ends."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)
