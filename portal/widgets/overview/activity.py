"""Right now: the newest happenings in words."""

from dataclasses import dataclass
from datetime import datetime

from portal.catalog.activity import Happening
from portal.catalog.dimension import label_of
from portal.core.units import duration, money

WORDS = {
    "lead": ("New lead", "user-plus"),
    "message": ("Message received", "message"),
    "payment": ("Payment", "coin"),
    "refund": ("Refund", "receipt-refund"),
    "call_answered": ("Call answered", "phone-check"),
    "call_missed": ("Missed call", "phone-x"),
    "call_voicemail": ("Voicemail", "phone-x"),
    "call_busy": ("Busy", "phone-x"),
    "call_failed": ("Call failed", "phone-x"),
    "qualified": ("Qualified", "circle-check"),
    "appointment_booked": ("Appointment booked", "calendar"),
    "quote_requested": ("Quote requested", "file-text"),
    "quote_sent": ("Quote sent", "file-text"),
    "quote_accepted": ("Quote accepted", "file-text"),
    "job_won": ("Job won", "trophy"),
    "job_lost": ("Job lost", "x"),
    "review_requested": ("Review requested", "star"),
    "review_received": ("Review received", "star"),
}
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Entry:
    """One line of the feed."""

    icon: str
    title: str
    about: str
    at: datetime
    ago: str


def entries(found: list[Happening], now: datetime) -> list[Entry]:
    """Say what happened, newest first."""
    return [_entry(one, now) for one in found]


def _entry(one: Happening, now: datetime) -> Entry:
    title, icon = WORDS.get(one.kind, (one.kind.replace("_", " ").capitalize(), "list-details"))
    if one.value_minor is not None and one.currency:
        title += f", {money(one.value_minor, one.currency)}"
    if one.seconds is not None:
        title += f", written back in {duration(one.seconds)}"
    parts = [one.title, label_of("source", one.source) if one.source else ""]
    about = " · ".join(part for part in parts if part) or "Unknown"
    return Entry(icon, title, about, one.at, _ago((now - one.at).total_seconds()))


def _ago(seconds: float) -> str:
    if seconds < MINUTE:
        return "now"
    for size, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word}"
    return "now"
