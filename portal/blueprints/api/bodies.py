"""The body of the request in hand, within its limits."""

from flask import request

from portal.core.errors import WrongMediaType
from portal.ingest import body

JSON, PLAIN = "application/json", "text/plain"
NO_LIMIT = 2**40
UTF8 = frozenset({"utf-8", "utf8"})


def read(most_bytes: int, *types: str) -> bytes:
    """
    Read the request's body, unpacked.

    Raises:
        WrongMediaType: it is of another type than `types`, or not in UTF-8.
        TooLarge: it is longer.
        BadRequest: its packing is broken.
    """
    if request.mimetype not in types:
        raise WrongMediaType(f"Content-Type must be {' or '.join(types)}.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in UTF8:
        raise WrongMediaType("The charset must be utf-8.")
    # Ours is the limit that is told; Flask's own would stop the stream without a word.
    request.max_content_length = NO_LIMIT
    encoding = request.headers.get("Content-Encoding", "")
    return body.read(request.stream, encoding, most_bytes, request.content_length)
