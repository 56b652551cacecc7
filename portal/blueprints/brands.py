"""A client's colours and logo, at addresses that hold what they are and never change."""

from uuid import UUID

from flask import Blueprint, Flask, Response, g, url_for

from portal.actions import logos
from portal.blueprints.client.scope import bp as client_bp
from portal.blueprints.frame import provide
from portal.core.errors import NotFound
from portal.widgets import brand

bp = Blueprint("brands", __name__)
FOR_EVER = "public, max-age=31536000, immutable"
PRIVATE = "private, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    """Tell the frame of pages where both are."""
    provide(app, brand_sheet=brand_sheet, logo=logo)


def brand_sheet() -> str:
    """Return the address of the sheet of the client in sight, "" for the portal's own colours."""
    client = g.get("client")
    if client is None or not client.color:
        return ""
    color = client.color.lstrip("#")
    return url_for("brands.sheet", color=color, stamp=brand.stamp(client.color))


def logo() -> str:
    """Return the address of the logo of the client in sight, "" for its initials."""
    client = g.get("client")
    if client is None or client.logo_id is None:
        return ""
    return url_for("client.logo_file", logo_id=client.logo_id)


@bp.get("/brand/<color>/<stamp>.css")
def sheet(color: str, stamp: str) -> Response:
    """Give the sheet that themes a page; it is made of a colour alone, so it is open to all."""
    if brand.HEX.fullmatch(f"#{color}") is None or stamp != brand.stamp(f"#{color}"):
        raise NotFound
    answer = Response(brand.css(f"#{color}"), mimetype="text/css")
    answer.headers["Cache-Control"] = FOR_EVER
    return answer


@client_bp.get("/logo/<uuid:logo_id>.png")
def logo_file(logo_id: UUID) -> Response:
    """Give the client's logo, already drawn anew by us."""
    content = logos.read(g.client.id, logo_id)
    if content is None:
        raise NotFound
    answer = Response(content, mimetype="image/png")
    answer.headers["Cache-Control"] = PRIVATE
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
