"""Arithmetic over measures. The database adds; only `value` ever divides."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import add, mul, sub

Values = Mapping[str, Decimal | None]


class Formula(ABC):
    """Something with a number for every row: a measure, or arithmetic over formulas."""

    @abstractmethod
    def measure_keys(self) -> tuple[str, ...]:
        """Keys of the measures that it is made of, each once, from left to right."""

    @abstractmethod
    def value(self, values: Values) -> Decimal | None:
        """None when undefined, as a ratio over nothing is; never a made-up zero."""

    @abstractmethod
    def text(self) -> str:
        """Write it down for people."""

    def terms(self) -> dict[str, int] | None:
        """Sign of each measure, if it is nothing but a sum of them; else None."""
        return None

    def __add__(self, other: "Formula") -> "Combined":
        return Combined("+", self, other)

    def __sub__(self, other: "Formula") -> "Combined":
        return Combined("−", self, other)

    def __mul__(self, other: "Formula") -> "Combined":
        return Combined("×", self, other)

    def __truediv__(self, other: "Formula") -> "Combined":
        return Combined("÷", self, other)


@dataclass(frozen=True, eq=False)
class Number(Formula):
    """A constant."""

    number: Decimal

    def measure_keys(self) -> tuple[str, ...]:
        """None: a constant is made of no measure."""
        return ()

    def value(self, values: Values) -> Decimal | None:  # noqa: ARG002 - a constant
        """Return itself."""
        return self.number

    def text(self) -> str:
        """Write it down for people."""
        return str(self.number)


@dataclass(frozen=True, eq=False)
class Combined(Formula):
    """Two formulas joined by an operator; undefined when either side is."""

    operator: str
    left: Formula
    right: Formula

    def measure_keys(self) -> tuple[str, ...]:
        """Those of the left side, then the new ones of the right."""
        return tuple(dict.fromkeys(self.left.measure_keys() + self.right.measure_keys()))

    def value(self, values: Values) -> Decimal | None:
        """Combine the two sides."""
        left, right = self.left.value(values), self.right.value(values)
        return None if left is None or right is None else OPERATORS[self.operator](left, right)

    def text(self) -> str:
        """Write it down for people, with brackets where they are needed."""
        return f"{self._side(self.left)} {self.operator} {self._side(self.right)}"

    def terms(self) -> dict[str, int] | None:
        """Merge the terms of a sum or difference."""
        left, right = self.left.terms(), self.right.terms()
        if self.operator not in "+−" or left is None or right is None:
            return None
        sign = 1 if self.operator == "+" else -1
        return left | {key: sign * s for key, s in right.items()}

    def _side(self, side: Formula) -> str:
        bare = not isinstance(side, Combined) or (self.operator == side.operator == "+")
        return side.text() if bare else f"({side.text()})"


def _divide(left: Decimal, right: Decimal) -> Decimal | None:
    return left / right if right else None


OPERATORS: Mapping[str, Callable[[Decimal, Decimal], Decimal | None]] = {
    "+": add,
    "−": sub,
    "×": mul,
    "÷": _divide,
}
