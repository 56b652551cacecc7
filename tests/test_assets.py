"""What is built is hashed, small, and kept by browsers for ever."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal import assets
from tests.browser.styleguide import make

BUDGET = 220 * 1024


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The styleguide with its assets in a folder of its own."""
    static = tmp_path_factory.mktemp("static")
    for folder in ("css", "js", "img"):
        (static / folder).symlink_to(assets.STATIC / folder)
    patch = pytest.MonkeyPatch()
    patch.setattr(assets, "STATIC", static)
    patch.setattr(assets, "GEN", static / "gen")
    app = make()
    app.static_folder = str(static)
    assets.build(app)
    yield app
    patch.undo()


def names() -> dict[str, str]:
    found: dict[str, str] = json.loads((assets.GEN / "manifest.json").read_text())
    return found


def test_the_same_sources_give_the_same_names(built: Flask) -> None:
    before = names()

    assert assets.build(built) == before


def test_a_built_file_may_be_kept_for_ever(built: Flask) -> None:
    for name in names().values():
        assert re.search(r"-[0-9a-f]{8}\.\w+$", name)
        with built.test_client().get(f"/static/gen/{name}") as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_browser_that_takes_gzip_gets_it(built: Flask) -> None:
    name = names()["app.css"]
    browser = built.test_client()

    with (
        browser.get(f"/static/gen/{name}") as plain,
        browser.get(f"/static/gen/{name}", headers={"Accept-Encoding": "gzip"}) as packed,
    ):
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.headers["Vary"] == "Accept-Encoding"
        assert packed.mimetype == plain.mimetype == "text/css"
        assert gzip.decompress(packed.data) == plain.data


def test_the_first_page_is_within_its_budget(built: Flask) -> None:
    first = ["app.css", "boot.js", "vendor.js", "charts.js", "app.js", "icons.svg"]
    sizes = [Path(f"{assets.GEN / names()[name]}.gz").stat().st_size for name in first]
    font = (assets.GEN / names()[assets.FIRST_FONT]).stat().st_size

    assert sum(sizes) + font < BUDGET


def test_style_sheets_fetch_nothing_from_elsewhere(built: Flask) -> None:
    sheet = (assets.GEN / names()["app.css"]).read_text()

    for address in re.findall(r"url\(([^)]*)\)", sheet):
        assert (assets.GEN / address).is_file()


def test_every_icon_that_a_page_names_is_in_the_sprite(built: Flask) -> None:
    sprite = (assets.GEN / names()["icons.svg"]).read_text()
    browser = built.test_client()

    for page in ("/c/summit/overview", "/c/summit/arrivals", "/c/summit/team", "/error/503"):
        for icon in re.findall(r"icons-\w+\.svg#([\w-]+)", browser.get(page).text):
            assert f'<symbol id="{icon}"' in sprite


def test_a_name_out_of_the_folder_is_not_found(built: Flask) -> None:
    assert built.test_client().get("/static/gen/../js/01-page.js").status_code == 404


@pytest.mark.parametrize("sheet", sorted((assets.STATIC / "css").glob("*.css")), ids=str)
def test_every_brace_of_a_style_sheet_closes(sheet: Path) -> None:
    """A brace too many makes the browser drop the rule after it, and says nothing."""
    depth = 0
    for sign in re.findall(r"[{}]", re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0
