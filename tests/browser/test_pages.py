"""The product in a real browser: signed in, read, refreshed, opened, printed, without scripts."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from portal.blueprints.client import overview, rows
from portal.core.calendar import now
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.rollups import DayMark
from tests.browser.served import FIRST_LEADS, Served, Visitor
from tests.browser.test_styleguide import OVERFLOW, SHIFT
from tests.people import PASSWORD

pytestmark = pytest.mark.browser


def a_lead(name: str) -> dict[str, Any]:
    """A lead of a minute ago."""
    at = (now() - timedelta(minutes=1)).isoformat()
    return {"external_id": name, "occurred_at": at, "name": name, "source": "referral"}


def leads_of(page: Page) -> int:
    """Read the card."""
    return int(page.locator("#kpi-leads .kpi-value a").inner_text().split(",")[0].split()[0])


def open_rows(page: Page, card: str = "#kpi-leads") -> None:
    """Open the drawer from a card."""
    page.click(f"{card} .kpi-value a")
    page.wait_for_selector("dialog#drawer[open] .rows-about")


@pytest.fixture
def contractor(served: Served, visitor: Visitor) -> Page:
    """The Overview, its owner before it."""
    who = served.contractor
    return visitor.open(served.client_page(who, "overview?period=90d"), who.user_id)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_owner_signs_in_and_sees_the_overview(
    served: Served, visitor: Visitor, *, scripts: bool
) -> None:
    page = visitor.open(f"{served.base}/login", scripts=scripts)
    page.fill("[name=email]", served.contractor.email)
    page.fill("[name=password]", PASSWORD)
    page.click("form button.primary")

    page.wait_for_url(f"**/c/{served.contractor.slug}/overview")
    expect(page.locator("h1")).to_have_text("Overview")
    assert "Revenue" in page.inner_text("#sentence")
    assert "$" in page.inner_text("#kpi-revenue_booked .kpi-value")


def test_days_and_money_are_those_of_kathmandu(served: Served, visitor: Visitor) -> None:
    who = served.kathmandu
    page = visitor.open(served.client_page(who), who.user_id, width=390, theme="dark")

    assert "NPR" in page.inner_text("#kpi-revenue_booked .kpi-value")
    assert "New patients" in page.inner_text("#kpi-leads")
    assert "Asia/Kathmandu" in page.inner_text("#heatmap")
    assert page.evaluate(OVERFLOW) == []
    open_rows(page)
    assert "18:15" in page.inner_text(".rows-about")
    assert "UTC" in page.inner_text(".rows-about")


def test_three_refreshes_move_nothing_and_keep_the_focus(
    served: Served, contractor: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "STEADY", timedelta(days=3650))
    page, seen = contractor, dict[str, list[int]]()
    page.on("response", lambda r: seen.setdefault(_part(r.url), []).append(r.status))
    page.evaluate(SHIFT)
    page.focus("#kpi-leads .kpi-value a")
    for _ in range(3):
        tick(page)
    assert page.evaluate("window.shift") == 0
    before = leads_of(page)
    served.post_lead(served.contractor, a_lead("During"))
    tick(page)
    expect(page.locator("#kpi-leads .kpi-value a")).to_contain_text(str(before + 1))

    for part in ("cards", "funnel"):
        assert seen[part] == [200, 304, 304, 200]
    # A figure of another width moves the change beside it, and nothing else.
    assert page.evaluate("window.shift") < 0.001
    assert page.evaluate("document.activeElement.closest('article').id") == "kpi-leads"


def tick(page: Page) -> None:
    """Let the page's heart beat once, and wait for what it asked."""
    with (
        page.expect_response("**/p/overview/cards*"),
        page.expect_response("**/p/overview/funnel*"),
        page.expect_response("**/p/overview/strip*"),
        page.expect_response("**/p/overview/activity*"),
    ):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('tick'))")
    page.wait_for_timeout(100)


def _part(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def test_a_hidden_tab_is_silent(
    served: Served, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(served.app.config, "TICK_SECONDS", 3)
    who, asked = served.contractor, list[str]()
    page = visitor.open(served.client_page(who), who.user_id)
    with page.expect_response("**/p/overview/cards*"):
        pass
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    page.wait_for_timeout(1500)
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(3500)

    assert asked == []


def test_a_lead_that_was_sent_is_on_the_card_and_in_its_rows(
    served: Served, contractor: Page
) -> None:
    before = leads_of(contractor)
    assert served.post_lead(served.contractor, a_lead("Dana Canary")) == 200
    tick(contractor)
    expect(contractor.locator("#kpi-leads .kpi-value a")).to_contain_text(str(before + 1))
    open_rows(contractor)

    assert "Dana Canary" in contractor.inner_text("#drawer-body table")
    assert contractor.url.endswith("rows=leads")


def test_the_drawer_says_all_that_makes_a_figure(contractor: Page) -> None:
    open_rows(contractor, "#kpi-return_on_spend")
    about = contractor.inner_text(".rows-about")

    for words in ("÷", "America/Los_Angeles", "UTC", "As of", "Definition version"):
        assert words in about
    contractor.click(".rows-about .seg a >> nth=1")
    expect(contractor.locator("#drawer-body table")).to_contain_text("Ad spend")
    contractor.click("#drawer-body [data-act=close]")
    assert contractor.evaluate("document.activeElement.closest('article').id").startswith("kpi-")
    assert "rows=" not in contractor.url


def test_a_link_opens_the_drawer_and_escape_closes_it(served: Served, visitor: Visitor) -> None:
    who = served.contractor
    address = served.client_page(who, "overview?period=90d&rows=leads,source:is:referral")
    page = visitor.open(address, who.user_id)
    page.wait_for_selector("dialog#drawer[open] table")

    assert set(page.locator("#drawer-body td:nth-child(2)").all_inner_texts()) == {"Referral"}
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).not_to_be_visible()
    assert page.url.endswith("overview?period=90d")


def test_pages_of_rows_follow_each_other_in_the_drawer(contractor: Page) -> None:
    open_rows(contractor)
    first = contractor.inner_text("#drawer-body tbody tr >> nth=0")
    contractor.click("#drawer-body footer >> text=Next")
    expect(contractor.locator("#drawer-body tbody tr >> nth=0")).not_to_have_text(first)
    with contractor.expect_download() as file:
        contractor.click("#drawer-body >> text=CSV")

    assert len(file.value.path().read_text().splitlines()) > FIRST_LEADS


def test_a_row_filters_the_page_and_the_cross_takes_it_away(contractor: Page) -> None:
    contractor.click("#sources >> text=Referral")
    contractor.wait_for_selector(".chip")
    assert "f=source:is:referral" in contractor.url.replace("%3A", ":")
    contractor.click(".chip a")
    expect(contractor.locator(".chip")).to_have_count(0)
    contractor.click("#filters >> text=Filter")
    contractor.click("#filter-pop >> text=Google ads")

    expect(contractor.locator(".chip")).to_contain_text("Google ads")


def test_without_scripts_everything_is_a_link_or_a_form(served: Served, visitor: Visitor) -> None:
    who = served.contractor
    page = visitor.open(served.client_page(who, "overview?period=90d"), who.user_id, scripts=False)
    page.click("#sources th >> text=Revenue")
    assert "sort=-revenue" in page.url
    page.click("[popovertarget=date-pop]")
    page.fill("#d-from", "2026-01-01")
    page.click("text=Use these dates")
    assert "period=custom" in page.url
    page.goto(served.client_page(who, "overview?period=90d"))
    page.click("#kpi-leads .kpi-value a")
    assert page.url.endswith(f"/c/{who.slug}/rows/leads?period=90d")
    page.click("text=Older")

    assert "cursor=" in page.url
    assert page.locator("table tbody tr").count() >= FIRST_LEADS - 50
    page.click("text=Newer")
    assert "cursor=" not in page.url


def test_on_paper_a_card_starts_and_ends_on_one_sheet(contractor: Page) -> None:
    sheets = [one.extract_text() for one in PdfReader(BytesIO(contractor.pdf(format="A4"))).pages]

    for first, last in (
        ("Revenue and leads", "New leads"),
        ("Where leads come from", "All sources"),
        ("Time to first response", "No reply"),
        ("When people get in touch", "Busiest hour"),
    ):
        assert any(first in sheet and last in sheet for sheet in sheets), first
    contractor.emulate_media(media="print")
    breaks = "[...document.querySelectorAll('.card')].map((c) => getComputedStyle(c).breakInside)"
    assert set(contractor.evaluate(breaks)) == {"avoid"}


def test_a_part_that_fails_says_so_and_is_tried_again(
    visitor: Visitor, contractor: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(rows, "rows_of", _fail)
        contractor.click("#kpi-leads .kpi-value a")
        alert = contractor.locator("#drawer-body [role=alert]")
        expect(alert).to_contain_text("Reference")
    visitor.complaints.clear()
    contractor.click("#drawer-body >> text=Try again")

    contractor.wait_for_selector("#drawer-body .rows-about")


def _fail(*_args: object) -> None:
    message = "broken for a test"
    raise RuntimeError(message)


def test_a_page_that_lags_says_since_when(served: Served, visitor: Visitor) -> None:
    who = served.kathmandu
    with served.app.app_context(), acting_as(who.client_id):
        at = now() - timedelta(minutes=11)
        db.session.add(DayMark(client_id=who.client_id, day=at.date(), marked_at=at))
    page = visitor.open(served.client_page(who), who.user_id)
    assert page.locator(".banner.warn", has_text="is not counted yet").is_visible()
    served.settle()
    page.reload()

    assert page.locator("text=is not counted yet").count() == 0


def test_the_other_states_say_what_to_do(served: Served, visitor: Visitor) -> None:
    who = served.contractor
    page = visitor.open(served.client_page(who, "overview?f=source:is:nobody"), who.user_id)
    assert "No leads match" in page.inner_text("#trend")
    page.click("#trend >> text=Clear filters")
    page.wait_for_selector("#trend-chart")
    page.context.set_offline(True)
    expect(page.locator(".fresh .when-off")).to_be_visible()
    fresh = visitor.open(served.client_page(served.empty), served.empty.user_id)
    assert "No data yet" in fresh.inner_text("main")
    gone = visitor.open(served.client_page(served.empty), who.user_id)

    assert "There is nothing here" in gone.inner_text("main")
    visitor.complaints[:] = [text for text in visitor.complaints if "404" not in text]
