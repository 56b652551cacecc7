"""Small files of the shapes of the two that the README imports, and what they must come to."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path


@dataclass
class Crm:
    """What a file of opportunities says."""

    rows: int = 0
    undated: int = 0
    leads_of_2017: int = 0
    won: int = 0
    lost: int = 0
    won_value: int = 0


def write_crm(path: Path, rows: int = 2000, seed: int = 7) -> Crm:
    """Write opportunities as the CRM exports them; undated ones stand at the end."""
    chance = random.Random(seed)  # noqa: S311 - test data
    told = Crm(rows=rows, undated=rows // 17)
    lines = [
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
    ]
    for number in range(rows - told.undated):
        day = date(2016, 10, 20) + timedelta(days=chance.randrange(420))
        told.leads_of_2017 += day.year == 2017
        end = day + timedelta(days=chance.randrange(120))
        stage = chance.choice(["Won", "Won", "Lost", "Engaging"])
        value = chance.randrange(30, 6000) if stage == "Won" else 0
        told.won += stage == "Won"
        told.lost += stage == "Lost"
        told.won_value += value
        closing = f"{us(end)},{value}" if stage != "Engaging" else ","
        lines.append(
            f"{number:08X},Ann {number % 9},GTX,Acme {number % 50},{stage},{us(day)},{closing}"
        )
    lines += [f"{n:08X},Bob,MG,,Prospecting,,," for n in range(rows - told.undated, rows)]
    path.write_text("\n".join(lines) + "\n")
    return told


def us(day: date) -> str:
    """Month, day and year, without noughts in front."""
    return f"{day.month}/{day.day}/{day.year}"


@dataclass
class Purchases:
    """What a file of purchases says."""

    rows: int = 0
    cents: int = 0
    copies: int = 0
    zeros: int = 0


def write_cdnow(path: Path, rows: int = 2000, seed: int = 7) -> Purchases:
    """Write purchases in columns of blanks; some lines are exact copies of an earlier one."""
    told = Purchases(rows=rows)
    written: set[str] = set()
    with path.open("w", newline="") as file:
        file.write(" customer_id  date number_of_cds  dollar_value\r\n")
        for line, cents in _purchases(random.Random(seed), rows):  # noqa: S311 - test data
            told.copies += line in written
            told.zeros += cents == 0
            told.cents += cents
            written.add(line)
            file.write(line + "\r\n")
    return told


def _purchases(chance: random.Random, rows: int) -> Iterator[tuple[str, int]]:
    last = ("", 0)
    for number in range(rows):
        day = date(1997, 1, 1) + timedelta(days=chance.randrange(540))
        cents = chance.choice([0, 1177, 1200, chance.randrange(100, 20000)])
        made = f" {number // 3:05d} {day:%Y%m%d} {chance.randrange(1, 6):2d} {cents / 100:7.2f}"
        last = last if number and chance.random() < 0.05 else (made, cents)
        yield last
