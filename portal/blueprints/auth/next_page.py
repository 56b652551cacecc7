"""Where to go after sign-in: only ever a page of our own."""

import re
from urllib.parse import urlsplit

PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
LENGTH = 2000
AGENCY_PAGE = "/admin/clients"


def client_page(slug: str) -> str:
    """Where a client begins."""
    return f"/c/{slug}/overview"


def safe_next(wanted: str | None, otherwise: str = "/") -> str:
    """Give `wanted` back when it is a path of this portal, else `otherwise`."""
    if not wanted or len(wanted) > LENGTH or not PATH.fullmatch(wanted):
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc else wanted
