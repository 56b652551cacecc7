"""Every page as people see it: axe finds nothing, nothing is wider than the screen."""

import pytest

from tests.browser.conftest import Faults, Mode
from tests.browser.served import Served, Visitor
from tests.browser.test_styleguide import OVERFLOW

pytestmark = pytest.mark.browser

MODES: list[Mode] = [(1440, "light"), (390, "dark")]
OF_CLIENT = (
    "overview?period=90d",
    "overview?period=90d&rows=return_on_spend",
    "rows/return_on_spend?period=90d",
    "arrivals",
    "imports",
    "settings/keys",
    "settings/team",
    "settings/profile",
)
OF_AGENCY = ("clients", "clients/new", "freshness", "people", "jobs", "keys", "imports")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", OF_CLIENT)
def test_a_page_of_a_client(
    served: Served, visitor: Visitor, faults: Faults, path: str, mode: Mode
) -> None:
    who = served.contractor
    page = visitor.open(served.client_page(who, path), who.user_id, width=mode[0], theme=mode[1])
    if "&rows=" in path:
        page.wait_for_selector("dialog#drawer[open] .rows-about")

    assert page.evaluate(OVERFLOW) == []
    assert faults(page) == []


@pytest.mark.parametrize("mode", MODES)
def test_the_pages_of_the_agency(
    served: Served, visitor: Visitor, faults: Faults, mode: Mode
) -> None:
    edit = f"clients/{served.contractor.client_id}"
    page = visitor.open(f"{served.base}/admin/audit", served.admin, width=mode[0], theme=mode[1])
    found = {}
    for path in (*OF_AGENCY, edit):
        page.goto(f"{served.base}/admin/{path}")
        found[path] = [*page.evaluate(OVERFLOW), *faults(page)]

    assert found == {path: [] for path in found}


@pytest.mark.parametrize("mode", MODES)
def test_sign_in_and_an_empty_client(
    served: Served, visitor: Visitor, faults: Faults, mode: Mode
) -> None:
    who = served.empty
    for address, user in ((f"{served.base}/login", None), (served.client_page(who), who.user_id)):
        page = visitor.open(address, user, width=mode[0], theme=mode[1])

        assert page.evaluate(OVERFLOW) == []
        assert faults(page) == []
