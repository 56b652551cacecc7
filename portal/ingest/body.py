"""Bodies of requests: how large, how packed, and which items they hold."""

import json
import math
import zlib
from collections.abc import Iterator
from typing import IO, Any

import msgspec

from portal.core.errors import BadRequest, Refused, TooLarge, WrongMediaType
from portal.ingest.refusals import Refusal, storable
from portal.ingest.verdicts import NO_JSON

CHUNK = 64 * 1024
GZIP = 16 + zlib.MAX_WBITS
GZIP_MAGIC = b"\x1f\x8b"


def read(stream: IO[bytes], encoding: str, most_bytes: int, announced: int | None = None) -> bytes:
    """
    Read a body, unpacking it as it comes, and stop at `most_bytes`.

    Args:
        stream: the body as it comes.
        encoding: its Content-Encoding.
        most_bytes: how long it may be, unpacked.
        announced: its Content-Length, if it has one.

    Raises:
        TooLarge: it is longer, packed or not.
        WrongMediaType: it is packed in another way than gzip, or twice.
        BadRequest: it is cut, or its packing is broken or followed by something.
    """
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return _joined(_chunks(stream, announced), most_bytes)
    if coding not in ("gzip", "x-gzip"):
        raise WrongMediaType(f"Content-Encoding must be gzip or absent, not {encoding[:40]!r}.")
    body = _joined(_unpacked(_chunks(stream, announced), most_bytes), most_bytes)
    if body.startswith(GZIP_MAGIC):
        raise WrongMediaType("The body is packed twice; pack it once, by gzip.")
    return body


def items(body: bytes, *, most: int) -> list[Any]:
    """
    Decode a JSON list of 1 to `most` items; an unreadable item is given as a `Refusal`.

    Raises:
        BadRequest: the body is no JSON.
        Refused: it is no list, or an empty one.
        TooLarge: it has more items.
    """
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = leniently(body)
        found = [_told(item) for item in found] if isinstance(found, list) else found
    if not isinstance(found, list):
        raise Refused(f"The body must be a JSON list of 1 to {most:,} items.")
    check_length(found, most)
    return found


def decoded(body: bytes, kind: Any, listed: str = "") -> Any:
    """
    Decode a body into `kind`.

    Args:
        body: JSON text.
        kind: a Struct; its list of items is `list[Any]`, of Raw where they can be read.
        listed: the field that holds the items; one that cannot be read costs no other.

    Raises:
        BadRequest: the body is no JSON.
        Refused: it is JSON of another shape; names the field.
    """
    try:
        # Raw parts are not looked into; what is no UTF-8 would only be found by the database.
        body.decode("utf-8")
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(f"The body is not of the right shape: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = leniently(body)
    if not isinstance(found, dict) or not isinstance(found.get(listed), list):
        raise BadRequest("The body holds text that is no Unicode, or a number out of range.")
    parts = [_raw(item) for item in found.pop(listed)]
    made = decoded(msgspec.json.encode({**found, listed: []}), kind)
    setattr(made, listed, parts)
    return made


def leniently(body: bytes) -> Any:
    """
    Decode JSON that holds half characters or numbers without end, to tell which item is at fault.

    Raises:
        BadRequest: it is no JSON in UTF-8 even so.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number, parse_float=_number)
    except UnicodeDecodeError:
        raise BadRequest("The body must be JSON in UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is no JSON: {error}") from None


def check_length(found: list[Any], most: int) -> None:
    """
    Let through lists of 1 to `most` items.

    Raises:
        Refused: it is empty.
        TooLarge: it has more items.
    """
    if not found:
        raise Refused(f"The list is empty; send 1 to {most:,} items.")
    if len(found) > most:
        raise TooLarge(f"A list may have at most {most:,} items, not {len(found):,}.")


class Unread(Refusal):
    """An item that is no JSON text, with what came."""

    def __init__(self, sent: Any, why: object) -> None:
        super().__init__("", f"{NO_JSON}: {why}", external_id=_id(sent))
        self.raw = sent


class _Endless:
    """A number that no number type of ours holds."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text[:80]


def _number(text: str) -> Any:
    value = float(text)
    return value if math.isfinite(value) else _Endless(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _id(item: Any) -> str:
    """Give the item's id by any of its names."""
    names = ("external_id", "messageId", "uuid")
    found = [item[name] for name in names if name in item] if isinstance(item, dict) else []
    return storable(str(found[0]))[:255] if found else ""


def _raw(item: Any) -> Any:
    try:
        return msgspec.Raw(msgspec.json.encode(item))
    except UnicodeEncodeError:
        return Unread(item, "it holds half a character (a lone surrogate)")
    except (OverflowError, TypeError):
        return Unread(item, "it holds a number out of range")
    except RecursionError:
        return Unread(item, "it is nested too deeply")


def _told(item: Any) -> Any:
    raw = _raw(item)
    return raw if isinstance(raw, Unread) else item


def _chunks(stream: IO[bytes], announced: int | None) -> Iterator[bytes]:
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        yield chunk
    # Some servers give what came before the sender was gone as if it were all.
    if announced is not None and size < announced:
        raise BadRequest("The body is shorter than its Content-Length.")


def _unpacked(chunks: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(GZIP)
    try:
        for chunk in chunks:
            left = chunk
            while left:
                if unpacker.eof:
                    raise BadRequest("Something follows the packed body.")
                yield unpacker.decompress(left, most_bytes + 1)
                left = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error:
        raise BadRequest("The body says that it is packed by gzip, but it is not.") from None
    if not unpacker.eof:
        raise BadRequest("The packed body is cut short.")


def _joined(chunks: Iterator[bytes], most_bytes: int) -> bytes:
    parts, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise TooLarge(f"A body may have at most {most_bytes:,} bytes when unpacked.")
        parts.append(chunk)
    return b"".join(parts)
