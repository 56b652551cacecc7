"""Every macro in a real browser: no console error, no overflow, nothing for axe to find."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.browser.conftest import Faults, Mode, Opener, Theme

pytestmark = pytest.mark.browser

PAGES = (
    "/c/summit/overview",
    "/c/summit/arrivals",
    "/c/summit/team?toast=1",
    "/admin/clients?view_as=1",
    "/login",
    "/error/500",
)
MODES: list[Mode] = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth, out = [];
  if (document.documentElement.scrollWidth > wide) out.push('page');
  for (const e of document.querySelectorAll('main *')) {
    if (e.closest('.table-wrap, .tabs, .sr, svg, [popover], dialog')) continue;
    const box = e.getBoundingClientRect();
    if (box.width && box.right > wide + 1) out.push(e.tagName + '.' + e.className);
  }
  return out.slice(0, 5);
}"""
SHIFT = """() => {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
  }).observe({type: 'layout-shift'});
}"""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_clean(
    open_page: Opener, complaints: list[str], faults: Faults, path: str, mode: Mode
) -> None:
    page = open_page(path, *mode)

    assert [line for line in complaints if "500" not in line] == []
    assert page.evaluate(OVERFLOW) == []
    assert faults(page) == []


def test_three_ticks_move_nothing_and_keep_the_focus(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")
    page.focus("#kpi-leads .kpi-value a")
    page.evaluate(SHIFT)
    statuses: list[int] = []
    page.on("response", lambda r: statuses.append(r.status) if "/p/kpi" in r.url else None)

    for _ in range(3):
        with page.expect_response("**/p/kpi"):
            page.evaluate("document.body.dispatchEvent(new CustomEvent('tick'))")
        page.wait_for_timeout(50)

    assert statuses == [200, 304, 304]
    assert page.evaluate("window.shift") == 0
    assert page.evaluate("document.activeElement.closest('article').id") == "kpi-leads"


def test_a_figure_opens_its_rows_and_gives_the_focus_back(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")

    page.focus("#kpi-revenue .kpi-value a")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.drawer[open] .table")
    assert page.evaluate("document.activeElement.className") == "dr-title"
    page.keyboard.press("Escape")

    assert page.evaluate("document.activeElement.closest('article').id") == "kpi-revenue"


def test_the_canvas_takes_the_very_box_of_the_drawing(open_page: Opener) -> None:
    before = open_page("/c/summit/overview", scripts=False)
    drawn = before.locator("#trend-chart").bounding_box()
    assert before.locator("#trend-chart svg").is_visible()
    page = open_page("/c/summit/overview")

    assert page.locator("#trend-chart").bounding_box() == drawn
    assert page.locator("#trend-chart canvas").is_visible()
    assert not page.locator("#trend-chart svg").is_visible()


def test_arrow_keys_walk_the_points_and_say_them(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")

    page.focus("#trend-chart canvas")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    assert page.inner_text("#said").startswith("Day 2: Revenue $7,692")


def test_a_morph_keeps_the_canvas_and_draws_the_new_numbers(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")

    first = page.evaluate(
        """async () => {
          const figure = document.getElementById('trend-chart');
          const canvas = figure.querySelector('canvas');
          const next = figure.cloneNode(true), spec = JSON.parse(next.dataset.spec);
          spec.series[0].data[0] = 99; next.dataset.spec = JSON.stringify(spec);
          next.querySelector('canvas').removeAttribute('style');
          Idiomorph.morph(figure, next.outerHTML, {morphStyle: 'outerHTML'});
          await new Promise((r) => setTimeout(r, 100));
          const kept = document.querySelector('#trend-chart canvas') === canvas;
          return [kept, Chart.getChart(canvas).data.datasets[0].data[0]];
        }"""
    )

    assert first == [True, 99]


def test_the_theme_is_a_cookie_that_the_server_reads(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")

    page.click('[data-act="theme"]')
    page.reload()

    assert page.get_attribute("html", "data-theme") == "dark"


def test_keys_open_palette_dates_and_shortcuts(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")

    page.keyboard.press("Control+k")
    page.keyboard.type("team")
    assert page.locator(".cmd [role=option]:not([hidden])").count() == 1
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.cmd", state="hidden")
    page.keyboard.press("c")
    assert page.locator("#date-pop").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("#date-pop", state="hidden")
    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()


def test_a_preset_changes_address_and_page_without_a_reload(open_page: Opener) -> None:
    page = open_page("/c/summit/overview?f=source:is:web")
    page.evaluate("window.same = true")

    with page.expect_response("**period=7d*"):
        page.keyboard.press("w")
    page.wait_for_url("**period=7d*")

    assert "f=source" in page.url
    assert page.evaluate("window.same")


def test_changed_dates_become_a_custom_period(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")

    page.keyboard.press("c")
    page.fill("#d-from", "2026-11-01")
    page.click("#date-pop .btn.primary")
    page.wait_for_url("**period=custom*")
    page.wait_for_selector("#date-pop", state="hidden")

    assert "from=2026-11-01" in page.url


def test_without_scripts_the_filters_are_a_form(open_page: Opener) -> None:
    page = open_page("/c/summit/overview", scripts=False)

    page.click("[popovertarget=date-pop]")
    page.fill("#d-from", "2026-11-01")
    page.click("text=Use these dates")

    assert "from=2026-11-01&to=2026-11-19&period=custom&" in page.url


def test_a_form_that_asks_is_sent_only_after_yes(open_page: Opener) -> None:
    page = open_page("/c/summit/team")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.method))

    page.click("text=Remove")
    page.click("#sure [value=no]")
    assert sent == []
    page.click("text=Remove")
    with page.expect_request(lambda request: request.method == "POST"):
        page.click("#sure [value=yes]")


def test_on_paper_no_card_is_cut(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")
    page.emulate_media(media="print")

    assert page.locator("#trend-chart svg").is_visible()
    assert not page.locator(".sidebar").is_visible()
    breaks = page.evaluate(
        "[...document.querySelectorAll('.card')].map((c) => getComputedStyle(c).breakInside)"
    )
    assert set(breaks) == {"avoid"}


def test_offline_says_paused(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")

    page.context.set_offline(True)
    page.wait_for_selector("#offline:not([hidden])")

    assert page.locator(".fresh .live-dot").inner_text() == "Paused"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_over_the_page_is_clean_too(
    open_page: Opener, faults: Faults, theme: Theme
) -> None:
    openers = ("[popovertarget=date-pop]", "#kpi-leads .whatis", ".sidebar .switcher")
    page = open_page("/c/summit/overview", theme=theme)
    for opener in openers:
        page.locator(opener).first.click()
        assert faults(page) == []
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.click("#kpi-revenue .kpi-value a")
    page.wait_for_selector("dialog.drawer[open]")

    assert faults(page) == []


def test_a_printed_card_starts_and_ends_on_one_sheet(open_page: Opener) -> None:
    page = open_page("/c/summit/overview")

    sheets = [sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf(format="A4"))).pages]

    for first, last in (
        ("Revenue and leads", "Nov 3: storm-damage"),
        ("Lead funnel", "Won"),
        ("Where leads come from", "Referral"),
        ("When people get in touch", "Busiest hour"),
        ("Right now", "All activity"),
    ):
        assert any(first in sheet and last in sheet for sheet in sheets), first
