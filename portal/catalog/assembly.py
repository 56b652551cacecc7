"""From the rows of statements to the rows of a result: sums, running sums, order, limit."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from portal.catalog.compare import Side
from portal.catalog.compiler import Shape
from portal.catalog.family import MEASURES, Measure
from portal.catalog.metric import CURRENCY
from portal.catalog.query import Query
from portal.catalog.result import Cells, Row, in_minor
from portal.catalog.subjects import METRICS
from portal.core.calendar import Grain

Place = tuple[int, tuple[str, ...]]
"""Bucket position, dimension values; position 0 and no values: the total."""
TOTAL: Place = (0, ())


class Grid:
    """All values that were read, by side, place and measure."""

    def __init__(self, shape: Shape, currency: str) -> None:
        self.shape = shape
        self.currency = currency
        self._all: list[dict[Place, dict[str, Decimal | None]]] = []
        self._whole: list[dict[Place, dict[str, Decimal | None]]] = []
        for _side in shape.sides:
            self._all.append(defaultdict(dict))
            self._whole.append(defaultdict(dict))
        self._others: dict[str, set[str]] = defaultdict(set)
        self._opening: dict[tuple[int, str, tuple[str, ...]], Decimal] = defaultdict(Decimal)

    def add(self, row: tuple[Any, ...]) -> None:
        """Take one row of the additive statement."""
        side, is_part, bucket, key, currency, *values, value = row
        kind = MEASURES[key].kind
        dimensions = tuple(values)
        is_own = not kind.has_currency or currency == self.currency
        if CURRENCY in self.shape.dimensions:
            dimensions = self._with_currency(dimensions, currency)
        elif not is_own:
            if side == 0:
                self._others[key].add(currency)
            return
        value = in_minor(kind, value, get_currency_precision(currency)) if currency else value
        if bucket == 0:
            self._opening[side, key, dimensions] += value
            return
        # Currencies are never added: the total is of the question's own.
        for place in ((bucket, dimensions), TOTAL) if is_own else ((bucket, dimensions),):
            self._plus(side, place, key, value, is_part=is_part)

    def _plus(self, side: int, place: Place, key: str, value: Decimal, *, is_part: bool) -> None:
        _plus(self._all[side][place], key, value)
        if not is_part:
            _plus(self._whole[side][place], key, value)

    def put(
        self, side: int, bucket: int, dimensions: tuple[Any, ...], values: dict[str, Decimal | None]
    ) -> None:
        """Take one row of a statement for what does not add up; bucket 0 is the total."""
        place = (bucket, dimensions) if bucket else TOTAL
        self._all[side][place].update(values)

    def accumulate(self, states: Sequence[Measure]) -> None:
        """Turn what came in and went out into what is inside, at each bucket's end."""
        for number, side in enumerate(self.shape.sides):
            begun = sum(bucket.starts_at <= self.shape.now for bucket in side.buckets)
            for measure in states:
                self._run(number, begun, measure)

    def _run(self, number: int, begun: int, measure: Measure) -> None:
        cells = self._all[number]
        signs = {measure.entries: 1, measure.exits: -1}
        keys = {place[1] for place, found in cells.items() if place[0] and signs.keys() & found}
        keys |= {key[2] for key in self._opening if key[0] == number and key[1] in signs}
        for dimensions in keys:
            inside = Decimal(0)
            for key, sign in signs.items():
                inside += sign * self._opening[number, key, dimensions]
            for position in range(1, begun + 1):
                found = cells.get((position, dimensions), {})
                for key, sign in signs.items():
                    inside += sign * (found.get(key) or 0)
                if inside:
                    cells[position, dimensions][measure.key] = inside
            _plus(cells[TOTAL], measure.key, inside)

    def cells(self, side: int, place: Place) -> Cells:
        """Give one row's measures; a place with no whole day has no day-dated figure."""
        own = self.shape.sides[side]
        return Cells(
            self._all[side].get(place, {}),
            self._whole[side].get(place, {}),
            own.cuts_days,
            _has_days(own, place[0]),
        )

    def places(self, keys: set[str]) -> set[Place]:
        """List where any of the measures has a value, on either side."""
        return {
            place
            for side in self._all
            for place, found in side.items()
            if place[0] and not keys.isdisjoint(found)
        }

    def others_of(self, query: Query) -> tuple[str, ...]:
        """Other currencies in which the query's metrics have amounts."""
        keys = {m.key for metric in query.asked for m in metric.measures}
        return tuple(sorted({c for key in keys for c in self._others.get(key, ()) if c}))

    def _with_currency(self, dimensions: tuple[str, ...], currency: str) -> tuple[str, ...]:
        at = self.shape.dimensions.index(CURRENCY)
        return (*dimensions[:at], currency, *dimensions[at:])


def assemble(query: Query, shape: Shape, grid: Grid) -> tuple[tuple[Row, ...], Row, bool]:
    """Give the rows in order and cut to the limit, the total, and whether any was cut."""
    keys = {measure.key for metric in query.asked for measure in metric.measures}
    places = grid.places(keys)
    if not query.dimensions:
        begun = (b for b in shape.sides[0].buckets if b.starts_at <= shape.now)
        places |= {(position, ()) for position, _bucket in enumerate(begun, start=1)}
    if query.grain is Grain.NONE and not query.dimensions:
        places = {(1, ())}
    rows = [_row(shape, grid, place) for place in sorted(places)]
    for order in reversed(query.order):
        rows = _sorted(rows, query, order.by, descending=order.descending)
    total = Row(None, 0, (), grid.cells(0, TOTAL), _earlier(shape, grid, TOTAL))
    return tuple(rows[: query.limit]), total, len(rows) > query.limit


def _row(shape: Shape, grid: Grid, place: Place) -> Row:
    position, dimensions = place
    buckets = shape.sides[0].buckets
    at: date | datetime | None = None
    if shape.grain is not Grain.NONE and position <= len(buckets):
        at = buckets[position - 1].start
    return Row(at, position, dimensions, grid.cells(0, place), _earlier(shape, grid, place))


def _earlier(shape: Shape, grid: Grid, place: Place) -> Cells | None:
    return grid.cells(1, place) if len(shape.sides) > 1 else None


def _sorted(rows: list[Row], query: Query, by: str, *, descending: bool) -> list[Row]:
    """Sort by one key, what is undefined last; equal rows keep their order."""
    if by in METRICS and by in query.metrics:
        known = [row for row in rows if row[by] is not None]
        known.sort(key=lambda row: row[by] or 0, reverse=descending)
        return known + [row for row in rows if row[by] is None]
    if by in query.dimensions:
        at = query.dimensions.index(by)
        return sorted(rows, key=lambda row: row.dimensions[at], reverse=descending)
    return sorted(rows, key=lambda row: row.position, reverse=descending)


def _plus(cells: dict[str, Decimal | None], key: str, value: Decimal) -> None:
    cells[key] = (cells.get(key) or Decimal(0)) + value


def _has_days(side: Side, position: int) -> bool:
    if side.whole is None:
        return False
    if not position or not side.buckets:
        return True
    if position > len(side.buckets):
        return False
    start = side.buckets[position - 1].start
    return isinstance(start, datetime) or start < side.whole.end
