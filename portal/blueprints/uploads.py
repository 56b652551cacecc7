"""
Takes one large file straight to where it is kept: never in memory, never twice on disk.

A view marked with `reads_own_body` gets its request unread. It asks for the right first, then
reads; the token of the form is checked as soon as the form is read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol, TypeVar, cast

from flask import g, request
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser
from wtforms import ValidationError

from portal.core.errors import BadRequest, Refused

PARTS = 20
FIELD_BYTES = 512 * 1024
"""Werkzeug measures its own buffer by it too, so it must be more than one read."""
FORM_BYTES = 1024 * 1024
TOKEN = "csrf_token"  # noqa: S105 - the name of a field

View = TypeVar("View", bound=Callable[..., Any])


class Taker(Protocol):
    """Where the bytes go."""

    def write(self, data: bytes) -> int:
        """Take some of them."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a form held besides the bytes of its file."""

    fields: Mapping[str, str]
    file_name: str


def reads_own_body(view: View) -> View:
    """Mark a view: nothing reads its request before it does."""
    view.reads_own_body = True  # type: ignore[attr-defined]  # read by blueprints.security
    return view


def receive(taker: Taker, most: int) -> Upload:
    """
    Read the form of this request; its one file goes to `taker` as it comes in.

    Raises:
        Refused: there is no file, or more than one.
        RequestEntityTooLarge: more bytes or parts than allowed.
        CSRFError: the form is not of ours.
    """
    if request.mimetype != "multipart/form-data":
        raise Refused("Choose a file.", field="file")
    sink = _Sink(taker)
    request.max_content_length = most + FORM_BYTES
    parser = FormDataParser(
        stream_factory=sink.open,
        max_form_memory_size=FIELD_BYTES,
        max_content_length=most + FORM_BYTES,
        max_form_parts=PARTS,
        silent=False,
        cls=MultiDict,
    )
    try:
        _, form, files = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
    except ValueError as error:
        raise BadRequest("The form could not be read.") from error
    _check_token(form)
    if not files or not sink.names or not sink.names[0]:
        raise Refused("Choose a file.", field="file")
    if len(sink.names) > 1:
        raise Refused("Send one file at a time.", field="file")
    return Upload(form.to_dict(), sink.names[0])


def _check_token(form: Mapping[str, str]) -> None:
    try:
        validate_csrf(form.get(TOKEN) or request.headers.get("X-CSRFToken"))
    except ValidationError as error:
        raise CSRFError(str(error)) from error
    g.csrf_valid = True


class _Sink:
    """What Werkzeug writes the parts of files to."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self.names: list[str] = []

    def open(
        self,
        total_content_length: int | None,  # noqa: ARG002 - Werkzeug passes all four by name
        content_type: str | None,  # noqa: ARG002
        filename: str | None,
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        self.names.append(filename or "")
        return cast(IO[bytes], self)

    def write(self, data: bytes) -> int:
        return self._taker.write(data) if len(self.names) == 1 else len(data)

    def seek(self, _offset: int) -> None:
        """Nobody reads it again here."""
