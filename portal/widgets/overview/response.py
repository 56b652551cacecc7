"""Time to first response: how many leads waited how long, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.catalog.bands import Bands
from portal.core.units import count, share

GOOD = Decimal("0.7")


@dataclass(frozen=True)
class Line:
    """One band: its bar as a share of the longest, and the mark of the period before."""

    label: str
    leads: int
    share: Decimal | None
    won: Decimal | None
    share_of_most: float
    before: float | None
    tone: str


@dataclass(frozen=True)
class Response:
    """The bands, and how many lie within the target."""

    bands: Sequence[Line]
    within: str
    is_good: bool
    has_before: bool
    pending: str


def response(found: Bands) -> Response:
    """Draw the bands; without an answered lead there are none."""
    shares = [float(band.share or 0) for band in found.bands]
    earlier = [float(b.share_before) for b in found.bands if b.share_before is not None]
    most = max([*shares, *earlier], default=0.0)
    within = sum((b.share or Decimal(0) for b in found.bands if b.is_in_target), Decimal(0))
    has_leads = any(band.leads for band in found.bands)
    return Response(
        bands=[
            Line(
                label=band.label,
                leads=band.leads,
                share=band.share,
                won=band.won,
                share_of_most=float(band.share or 0) / most if most else 0,
                before=float(band.share_before) / most
                if most and band.share_before is not None
                else None,
                tone="v1" if band.is_in_target else "vo",
            )
            for band in found.bands
        ]
        if has_leads
        else [],
        within=share(within) if has_leads else "",
        is_good=within >= GOOD,
        has_before=bool(earlier),
        pending=f"{count(found.pending)} of the last hour may still be answered."
        if found.pending
        else "",
    )
