"""The row that a fact's versions make, and the marks that it leaves."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from portal.core.calendar import Calendar
from portal.ingest import versions
from portal.ingest.fold import History
from portal.ingest.kinds.item import Item, reference, word
from portal.ingest.kinds.kind import FactKind, Fold

Row = tuple[Any, ...]

SHARED = (
    "client_id",
    "id",
    "system",
    "external_id",
    "occurred_at",
    "version",
    "body",
    "body_hash",
    "has_history",
    "received_at",
    "changed_at",
    "withdrawn_at",
    "source",
    "channel",
    "owner",
    "location",
    "lead_system",
    "lead_ref",
    "contact_system",
    "contact_ref",
    "campaign_system",
    "campaign_ref",
)
REFERENCES = (("lead_ref", "lead"), ("contact_ref", "contact"), ("campaign_ref", "campaign"))


@lru_cache(maxsize=64)
def columns(kind: FactKind) -> tuple[str, ...]:
    """Names of the columns that `build` fills, in order."""
    return SHARED + kind.columns


def build(
    kind: FactKind,
    calendar: Calendar,
    identity: tuple[UUID, UUID, str, str],
    history: History,
    changed_at: datetime,
) -> Row:
    """Make the row of a fact; `identity` is client, id, system, external id."""
    if len(history.versions) == 1:
        return _of_one(kind, calendar, identity, history, changed_at)
    body = history.body
    item = versions.typed(kind, identity[3], body)
    fold = Fold(item, history.told, history.received_at, calendar)
    newest = history.versions[-1]
    return (
        *identity,
        kind.occurred(fold),
        newest.number,
        versions.canonical(body).decode(),
        newest.hash,
        True,
        fold.received_at,
        changed_at,
        history.withdrawn_at,
        *_dimensions(item),
        *kind.derive(fold),
    )


def _of_one(
    kind: FactKind,
    calendar: Calendar,
    identity: tuple[UUID, UUID, str, str],
    history: History,
    changed_at: datetime,
) -> Row:
    only = history.versions[0]
    item = only.item or versions.typed(kind, identity[3], only.body)
    encoded = only.encoded or versions.canonical(only.body)
    fold = Fold(item, history.versions, only.received_at, calendar)
    return (
        *identity,
        kind.occurred(fold),
        only.number,
        encoded.decode(),
        only.hash,
        False,
        only.received_at,
        changed_at,
        None,
        *_dimensions(item),
        *kind.derive(fold),
    )


def instants(kind: FactKind, row: Row) -> Iterable[datetime | None]:
    """Give every instant whose local day the row counts on."""
    found: Iterable[datetime | None] = _instants(kind)(row)
    return found


def entities(kind: FactKind, row: Row) -> set[tuple[str, str]]:
    """Give the entities that the row speaks of, as (kind, sender's id)."""
    found = {(entity, row[at]) for at, entity in _entities(kind) if row[at]}
    if kind.model.entity:
        found.add((kind.model.entity, row[3]))
    return found


def _dimensions(item: Item) -> Row:
    return (
        word(item.source),
        word(item.channel),
        word(item.owner),
        word(item.location),
        *reference(item.lead_id),
        *reference(item.contact_id),
        *reference(item.campaign_id),
    )


@lru_cache(maxsize=64)
def _instants(kind: FactKind) -> Callable[[Row], Any]:
    places = [columns(kind).index(name) for name in ("occurred_at", *kind.instants)]
    return itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)


@lru_cache(maxsize=64)
def _entities(kind: FactKind) -> tuple[tuple[int, str], ...]:
    names = columns(kind)
    return tuple((names.index(name), entity) for name, entity in (*REFERENCES, *kind.references))
