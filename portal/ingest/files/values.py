"""A cell that cannot be what its field asks for."""


class BadValue(ValueError):
    """A value is refused; the text says what is allowed. `field` is set by whoever knows it."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class BadFile(ValueError):
    """The file as a whole cannot be read; the text says why, in words for its sender."""
