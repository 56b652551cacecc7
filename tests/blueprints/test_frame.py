"""The frame shows what exists and what the person may open."""

from itertools import count

from portal.blueprints.frame import navigation, provide, tab_bar
from tests.browser.styleguide import make


def labels(frame: str) -> list[str]:
    return [entry.label for group in navigation(frame) for entry in group.entries]


def test_only_pages_that_exist_are_offered() -> None:
    with make().test_request_context("/c/summit/overview"):
        assert labels("client") == ["Overview", "What arrived", "Team"]
        assert [tab.label for tab in tab_bar("client")] == ["Overview", "What arrived"]


def test_only_pages_that_the_person_may_open_are_offered() -> None:
    app = make()
    provide(app, may=lambda right: right != "team")

    with app.test_request_context("/c/summit/overview"):
        assert labels("client") == ["Overview", "What arrived"]


def test_the_page_that_is_open_is_marked_also_below_it() -> None:
    app = make()
    app.add_url_rule("/c/<slug>/team/<person>", "client.person", lambda **_: "")

    with app.test_request_context("/c/summit/team/7"):
        current = [e.label for g in navigation("client") for e in g.entries if e.current]
        assert current == ["Team"]


def test_a_provider_is_asked_once_a_request() -> None:
    app, asked = make(), count()
    provide(app, switch_list=lambda: [] if next(asked) == 0 else None)

    assert app.test_client().get("/c/summit/overview").status_code == 200
    assert next(asked) == 1
