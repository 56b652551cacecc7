"""How one file is written: what `sniff` guesses, what a person may correct, what is kept."""

from typing import Literal

import msgspec

Format = Literal["csv", "blanks", "ndjson"]
Order = Literal["", "ymd", "dmy", "mdy", "epoch"]
DecimalMark = Literal["", ".", ","]


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column and what its cells look like."""

    name: str
    looks: Literal["text", "number", "instant", "empty"] = "text"
    dates: Order = ""
    is_ambiguous: bool = False
    """The order of day and month is assumed: no cell has a day above twelve."""
    decimal: DecimalMark = ""
    is_unique: bool = False
    examples: tuple[str, ...] = ()
    """The first different cells."""


class Layout(msgspec.Struct, frozen=True, omit_defaults=True):
    """Format, encoding, separators and columns of one file."""

    format: Format = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    has_header: bool = True
    skip_lines: int = 0
    """Lines before the header (or the first row) that are no rows."""
    columns: tuple[Column, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """What is known of column `name`; nothing for one that the sample lacks."""
        return next((c for c in self.columns if c.name == name), Column(name))
