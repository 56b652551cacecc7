"""One lead's life: how they came, what was said, what became of it. Items as the API takes them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from portal.demo.demand import Push
from portal.demo.names import LOCATIONS, OWNERS, PRODUCTS, person
from portal.demo.profiles import Profile

Item = dict[str, Any]

AI_SHARE = 0.72
UNANSWERED = 0.05
QUALIFIED, BOOKED, QUOTED = 0.62, 0.66, 0.74
CALLED, FAILED, READ, CANCELLED, REVIEWED = 0.4, 0.015, 0.75, 0.03, 0.35
MEDIUM = {"phone": "sms", "web": "web_chat", "linkedin": "linkedin", "email": "email"}


@dataclass
class Life:
    """What one lead leaves behind, by fact kind; nothing after `until`."""

    profile: Profile
    random: Random
    number: int
    started: datetime
    until: datetime
    push: Push | None
    is_bad_week: bool
    items: dict[str, list[Item]] = field(default_factory=dict)

    @property
    def lead(self) -> str:
        """The sender's id of the lead."""
        return f"L{self.number:06}"

    def add(self, kind: str, at: datetime, /, **fields: Any) -> datetime:
        """Note a fact of `kind` at `at`, unless it has not happened yet."""
        if at < self.until:
            made = self.items.setdefault(kind, [])
            number = f"{self.lead}-{kind[0]}{len(made) + 1}"
            made.append({"external_id": number, "occurred_at": at.isoformat(), **fields})
        return at

    def after(self, moment: datetime, minutes: float, spread: float = 0.8) -> datetime:
        """Draw an instant about `minutes` after `moment` (lognormal, median `minutes`)."""
        wait = minutes * self.random.lognormvariate(0, spread)
        return moment + timedelta(minutes=wait)


def live(life: Life, opens: Callable[[datetime], datetime]) -> dict[str, list[Item]]:
    """
    Tell a lead's whole life.

    Args:
        life: who, when, by what campaign.
        opens: the instant itself in opening hours, else when they next begin.
    """
    source, channel = _origin(life)
    medium = MEDIUM.get(channel, "sms")
    stages = [("new", life.started)]
    answered = _hello(life, source, medium, opens)
    last = _talk(life, medium, answered, opens)
    _progress(life, last, stages, opens)
    _lead(life, source, channel, stages)
    return life.items


def _origin(life: Life) -> tuple[str, str]:
    if life.push is not None:
        return life.push.source, life.push.channel
    shares = [share for _, _, share in life.profile.sources]
    source, channel, _ = life.random.choices(life.profile.sources, shares)[0]
    return source, channel


def _hello(
    life: Life, source: str, medium: str, opens: Callable[[datetime], datetime]
) -> datetime | None:
    """Let them get in touch and be answered, or not; return when."""
    at = life.started
    if source == "missed_call":
        life.add("calls", at, direction="inbound", outcome="missed", lead_id=life.lead, line="main")
    else:
        _message(life, at, "inbound", "contact", "contact_form" if source == "web_form" else medium)
    if life.random.random() < UNANSWERED * (4 if life.is_bad_week else 1):
        return None
    if life.random.random() < AI_SHARE and not life.is_bad_week:
        at = at + timedelta(seconds=life.random.randrange(4, 70))
        _message(life, at, "outbound", "ai", medium)
    else:
        at = life.after(opens(at), 45 if life.is_bad_week else 7)
        _message(life, at, "outbound", "person", medium)
    return at


def _talk(
    life: Life, medium: str, at: datetime | None, opens: Callable[[datetime], datetime]
) -> datetime | None:
    """Write to and fro, and call now and then; return the last moment."""
    if at is None:
        return None
    for _ in range(life.random.choices((1, 2, 4, 6, 8), (2, 4, 5, 3, 1))[0]):
        at = _message(life, life.after(at, 25), "inbound", "contact", medium)
        if life.random.random() < AI_SHARE:
            at = _message(life, life.after(at, 0.5), "outbound", "ai", medium)
        else:
            at = _message(life, life.after(opens(at), 12), "outbound", "person", medium)
    if life.random.random() < CALLED:
        at = _call(life, opens(life.after(at, 90)))
    return at


def _message(life: Life, at: datetime, direction: str, sender: str, medium: str) -> datetime:
    fields: Item = {
        "direction": direction,
        "sender": sender,
        "medium": medium,
        "lead_id": life.lead,
        "conversation_id": f"C{life.number:06}",
        "account": "main",
    }
    if direction == "outbound":
        fields |= _delivery(life, at)
    life.add("messages", at, **fields)
    return at


def _delivery(life: Life, at: datetime) -> Item:
    """Say what became of an outbound message."""
    fate = life.random.random()
    if fate < FAILED:
        return {"failed_at": (at + timedelta(seconds=3)).isoformat()}
    delivered = at + timedelta(seconds=life.random.randrange(1, 20))
    fields = {"sent_at": at.isoformat(), "delivered_at": delivered.isoformat()}
    if fate < READ:
        fields["read_at"] = life.after(delivered, 4).isoformat()
    return fields


def _call(life: Life, at: datetime) -> datetime:
    outcome = life.random.choices(("answered", "voicemail", "busy"), (7, 2, 1))[0]
    seconds = round(life.random.lognormvariate(5, 0.7)) if outcome == "answered" else 0
    life.add(
        "calls",
        at,
        direction="outbound",
        outcome=outcome,
        duration_seconds=seconds,
        handled_by="person",
        lead_id=life.lead,
        line="main",
        **({"quality": life.random.randrange(55, 100)} if outcome == "answered" else {}),
    )
    return at + timedelta(seconds=seconds)


def _progress(
    life: Life,
    at: datetime | None,
    stages: list[tuple[str, datetime]],
    opens: Callable[[datetime], datetime],
) -> None:
    """Go down the funnel until they stop, noting each stage."""
    chance = life.random.random
    if at is None or chance() > QUALIFIED:
        _lose(life, stages, 60 * 24 * 9)
        return
    at = _step(life, "qualified", life.after(at, 200), stages, "qualifying")
    if chance() > BOOKED:
        _lose(life, stages, 60 * 24 * 14)
        return
    at = _step(life, "appointment_booked", opens(life.after(at, 1500)), stages, "booked")
    if chance() > QUOTED:
        _lose(life, stages, 60 * 24 * 14)
        return
    at = _step(life, "quote_requested", opens(life.after(at, 2000)), stages, "hot")
    value = int(round(life.profile.ticket_minor * life.random.lognormvariate(0, 0.45), -2))
    at = opens(life.after(at, 2800))
    life.add("funnel_events", at, kind="quote_sent", lead_id=life.lead, value_minor=value)
    if chance() < life.profile.win_rate / (QUALIFIED * BOOKED * QUOTED):
        _win(life, opens(life.after(at, 4200)), value, stages)
    else:
        _lose(life, stages, 60 * 24 * 10)


def _step(
    life: Life, kind: str, at: datetime, stages: list[tuple[str, datetime]], stage: str
) -> datetime:
    life.add("funnel_events", at, kind=kind, lead_id=life.lead)
    if at < life.until:
        stages.append((stage, at))
        life.add("stage_changes", at, lead_id=life.lead, stage=stage)
    return at


def _lose(life: Life, stages: list[tuple[str, datetime]], minutes: float) -> None:
    at = life.after(stages[-1][1], minutes)
    if at < life.until:
        stages.append(("lost", at))
        life.add("stage_changes", at, lead_id=life.lead, stage="lost")


def _win(life: Life, at: datetime, value: int, stages: list[tuple[str, datetime]]) -> None:
    """Win the job: the job, a deposit, the rest, now and then a refund, a review."""
    if at >= life.until:
        return
    stages.append(("won", at))
    life.add("funnel_events", at, kind="quote_accepted", lead_id=life.lead, value_minor=value)
    done = life.after(at, 60 * 24 * 12, 0.5)
    cancelled = life.random.random() < CANCELLED
    job = f"J{life.number:06}"
    fields: Item = {"status": "won", "won_at": at.isoformat()}
    if done < life.until:
        fields["status"] = "cancelled" if cancelled else "completed"
        fields["cancelled_at" if cancelled else "completed_at"] = done.isoformat()
    life.add(
        "jobs",
        at,
        lead_id=life.lead,
        value_minor=value,
        cost_minor=round(value * life.random.uniform(0.45, 0.7)),
        product=life.random.choice(PRODUCTS[life.profile.trade]),
        **fields,
    )
    life.items["jobs"][-1]["external_id"] = job
    _pay(life, job, at, done, value, cancelled=cancelled)


def _pay(
    life: Life, job: str, at: datetime, done: datetime, value: int, *, cancelled: bool
) -> None:
    deposit = value * 3 // 10
    paid = life.after(at, 60 * 20)
    life.add("payments", paid, amount_minor=deposit, kind="deposit", job_id=job, method="card")
    if cancelled:
        refund = life.after(done, 60 * 24)
        first = f"{life.lead}-p1"
        life.add("payments", refund, amount_minor=-deposit, refund_of=first, method="card")
        return
    rest = life.after(done, 60 * 24 * 3)
    life.add("payments", rest, amount_minor=value - deposit, job_id=job, method="transfer")
    asked = life.after(done, 60 * 24 * 2)
    life.add("funnel_events", asked, kind="review_requested", lead_id=life.lead)
    if life.random.random() < REVIEWED:
        life.add("funnel_events", life.after(asked, 900), kind="review_received", lead_id=life.lead)


def _lead(life: Life, source: str, channel: str, stages: list[tuple[str, datetime]]) -> None:
    name = person(life.profile, life.random)
    stage, at = stages[-1]
    life.add(
        "leads",
        life.started,
        name=name,
        email=f"{name.split()[0].lower()}.{life.number}@example.com",
        source=source,
        channel=channel,
        contact_id=f"P{life.number:06}",
        owner=life.random.choice(OWNERS[life.profile.trade]),
        location=life.random.choice(LOCATIONS[life.profile.zone]),
        stage=stage,
        stage_at=at.isoformat(),
        updated_at=at.isoformat(),
        **({"campaign_id": life.push.external_id} if life.push else {}),
    )
    if "leads" in life.items:
        life.items["leads"][-1]["external_id"] = life.lead
