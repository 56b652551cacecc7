"""Logos: decoded, cut down, and written anew, so that nothing of the upload is left."""

import io
import warnings
from uuid import UUID

import sqlalchemy as sa
from PIL import Image, UnidentifiedImageError

from portal.actions import audit
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Refused
from portal.core.ids import new_id
from portal.models.clients import Client, ClientLogo

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 1024 * 1024
MOST_PIXELS = 16_000_000
MOST_SIDE = 4000
SIZE = (512, 512)


def store(client: Client, content: bytes) -> None:
    """
    Make an uploaded picture the client's logo; the caller acts as it and commits.

    Raises:
        Refused: it is no PNG, JPEG or WebP picture of a sane size.
    """
    logo = ClientLogo(
        client_id=client.id,
        id=new_id(),
        media_type="image/png",
        content=_redrawn(content),
        created_at=now(),
    )
    db.session.add(logo)
    client.logo_id = logo.id
    client.version += 1
    audit.record("client.logo_changed", client.slug)


def drop(client: Client) -> None:
    """Go back to initials; the caller commits."""
    client.logo_id = None
    client.version += 1
    audit.record("client.logo_dropped", client.slug)


def read(client_id: UUID, logo_id: UUID) -> bytes | None:
    """Read a logo; the caller acts as the client."""
    return db.session.scalar(
        sa.select(ClientLogo.content).where(
            ClientLogo.client_id == client_id, ClientLogo.id == logo_id
        )
    )


def _redrawn(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise Refused("A logo has at most 1 MB.", field="logo")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                return _png(picture)
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        raise Refused("A logo is a PNG, JPEG or WebP picture.", field="logo") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Refused("This picture is too large.", field="logo") from error


def _png(picture: Image.Image) -> bytes:
    width, height = picture.size
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise Refused(f"A logo has at most {MOST_SIDE} pixels a side.", field="logo")
    drawn = picture.convert("RGBA")
    drawn.thumbnail(SIZE)
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return out.getvalue()
