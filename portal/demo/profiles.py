"""Who the demo's clients are: trade, zone, money, size and temper."""

from dataclasses import dataclass
from typing import Literal

Trade = Literal["contractor", "clinic", "fund", "outreach"]
Hours = tuple[int, int]


@dataclass(frozen=True)
class Profile:
    """
    What makes one demo client what it is.

    `leads_a_day` is the mean at the middle of the thirteen months, before season, weekday, growth,
    campaigns and chance. `ticket_minor` is the median worth of a job in minor units.
    """

    slug: str
    name: str
    trade: Trade
    zone: str
    currency: str
    week_start: int
    color: str
    leads_a_day: float
    ticket_minor: int
    win_rate: float
    open_hours: Hours
    weekdays: tuple[float, ...]
    """Demand by weekday, Monday first, relative to 1."""
    peak_month: int
    """The month of highest demand."""
    growth: float
    """Demand at the end of the thirteen months ÷ at their start."""
    sources: tuple[tuple[str, str, float], ...]
    """(source, channel, share)."""
    plan_minor: int
    """What the client pays the agency each month."""
    spend_per_lead_minor: int
    starts_days_ago: int = 396
    ends_days_ago: int = 0
    status: Literal["active", "paused"] = "active"


ROOFERS = (
    ("missed_call", "phone", 0.30),
    ("web_form", "web", 0.26),
    ("google_ads", "search", 0.18),
    ("referral", "word_of_mouth", 0.14),
    ("facebook", "social", 0.08),
    ("other", "other", 0.04),
)
PATIENTS = (
    ("missed_call", "phone", 0.38),
    ("web_form", "web", 0.30),
    ("referral", "word_of_mouth", 0.22),
    ("google_ads", "search", 0.10),
)
BACKERS = (
    ("web_form", "web", 0.42),
    ("newsletter", "email", 0.28),
    ("referral", "word_of_mouth", 0.20),
    ("facebook", "social", 0.10),
)
PROSPECTS = (
    ("linkedin", "linkedin", 0.46),
    ("cold_email", "email", 0.36),
    ("referral", "word_of_mouth", 0.12),
    ("web_form", "web", 0.06),
)
WORKWEEK = (1.25, 1.15, 1.1, 1.05, 1.0, 0.55, 0.35)

PROFILES = (
    Profile(
        slug="summit-roofing",
        name="Summit Roofing",
        trade="contractor",
        zone="America/Los_Angeles",
        currency="USD",
        week_start=6,
        color="#2450d0",
        leads_a_day=30,
        ticket_minor=389_000,
        win_rate=0.14,
        open_hours=(8, 18),
        weekdays=WORKWEEK,
        peak_month=10,
        growth=1.7,
        sources=ROOFERS,
        plan_minor=249_000,
        spend_per_lead_minor=4_100,
    ),
    Profile(
        slug="annapurna-dental",
        name="Annapurna Dental",
        trade="clinic",
        zone="Asia/Kathmandu",
        currency="NPR",
        week_start=6,
        color="#0a8475",
        leads_a_day=14,
        ticket_minor=1_450_000,
        win_rate=0.31,
        open_hours=(9, 17),
        # Saturday is the day of rest in Nepal.
        weekdays=(1.1, 1.05, 1.0, 1.0, 0.95, 0.3, 1.3),
        peak_month=11,
        growth=1.4,
        sources=PATIENTS,
        plan_minor=4_500_000,
        spend_per_lead_minor=21_000,
    ),
    Profile(
        slug="rheinland-fonds",
        name="Rheinland Gemeinschaftsfonds",
        trade="fund",
        zone="Europe/Berlin",
        currency="EUR",
        week_start=0,
        color="#5b1f8a",
        leads_a_day=11,
        ticket_minor=18_500,
        win_rate=0.38,
        open_hours=(9, 17),
        weekdays=(1.1, 1.1, 1.05, 1.0, 0.9, 0.9, 0.95),
        peak_month=12,
        growth=1.25,
        sources=BACKERS,
        plan_minor=79_000,
        spend_per_lead_minor=260,
    ),
    Profile(
        slug="sakura-outreach",
        name="Sakura Outreach",
        trade="outreach",
        zone="Asia/Tokyo",
        currency="JPY",
        week_start=0,
        color="#a81c48",
        leads_a_day=8,
        ticket_minor=480_000,
        win_rate=0.08,
        open_hours=(9, 19),
        weekdays=(1.2, 1.2, 1.15, 1.1, 1.0, 0.12, 0.08),
        peak_month=4,
        growth=1.5,
        sources=PROSPECTS,
        plan_minor=98_000,
        spend_per_lead_minor=1_900,
    ),
    Profile(
        slug="howe-island-builders",
        name="Howe Island Builders",
        trade="contractor",
        zone="Australia/Lord_Howe",
        currency="AUD",
        week_start=0,
        color="#d17a0a",
        leads_a_day=3.5,
        ticket_minor=940_000,
        win_rate=0.2,
        open_hours=(7, 16),
        weekdays=WORKWEEK,
        peak_month=2,
        growth=0.8,
        sources=ROOFERS,
        plan_minor=119_000,
        spend_per_lead_minor=5_500,
        ends_days_ago=62,
        status="paused",
    ),
    Profile(
        slug="northwind-clinic",
        name="Northwind Clinic",
        trade="clinic",
        zone="UTC",
        currency="GBP",
        week_start=0,
        color="#1f5f8b",
        leads_a_day=2,
        ticket_minor=21_000,
        win_rate=0.3,
        open_hours=(8, 17),
        weekdays=WORKWEEK,
        peak_month=1,
        growth=1.0,
        sources=PATIENTS,
        plan_minor=39_000,
        spend_per_lead_minor=900,
        starts_days_ago=3,
    ),
)
