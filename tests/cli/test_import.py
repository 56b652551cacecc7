"""`portal import` says what came of a file, in words or as JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from portal.actions import imports
from portal.cli import _scope, import_
from portal.core.tenancy import acting_as
from portal.ingest.files import maps
from portal.models.clients import Client
from tests import factories
from tests.ingest.files import shapes


@pytest.fixture
def client(session: object) -> Client:
    return factories.client("newcomer", zone="America/New_York", currency="USD")


@pytest.fixture
def portal(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command, on the database of the tests."""

    @contextmanager
    def opened(_data: Path) -> Iterator[Flask]:
        yield app

    monkeypatch.setattr(_scope, "opened", opened)

    def run(*words: object) -> Result:
        return CliRunner().invoke(import_.command, [str(word) for word in words])

    return run


def test_a_file_is_tried_then_imported_then_known(
    portal: Any, client: Client, tmp_path: Path
) -> None:
    told = shapes.write_crm(tmp_path / "pipeline.csv", rows=200)
    words = ("leads", tmp_path / "pipeline.csv", "--client", client.slug)

    tried = portal(*words, "--dry-run", "--errors", tmp_path / "errors.csv")
    assert f"checked: 200 rows, {told.undated} refused" in tried.output
    assert len((tmp_path / "errors.csv").read_text().splitlines()) == told.undated + 1
    done = json.loads(portal(*words, "--json").output)
    assert (done["state"], done["rows"], done["refused_rows"]) == ("done", 200, told.undated)
    assert done["counts"]["jobs"] == {"stored": told.won + told.lost}
    again = portal(*words)
    assert f"jobs: {told.won + told.lost} duplicate" in again.output


def test_maps_are_named_by_file_by_ours_and_by_the_clients(
    portal: Any, client: Client, tmp_path: Path
) -> None:
    told = shapes.write_cdnow(tmp_path / "purchases.txt", rows=50)
    (tmp_path / "map.json").write_text(maps.encode(maps.shipped()["cdnow"]))
    with acting_as(client.id):
        imports.save_map("Ours", maps.shipped()["cdnow"])
    words = (tmp_path / "purchases.txt", "--client", client.slug, "--json", "--map")

    states = [
        json.loads(portal(*words, name).output)["counts"]["payments"]
        for name in (tmp_path / "map.json", "cdnow", "Ours")
    ]

    assert states == [{"stored": told.rows}, {"duplicate": told.rows}, {"duplicate": told.rows}]


def test_what_cannot_be_done_is_said(portal: Any, client: Client, tmp_path: Path) -> None:
    shapes.write_cdnow(tmp_path / "purchases.txt", rows=20)
    path, own = tmp_path / "purchases.txt", ("--client", client.slug)

    assert "KIND is one of leads" in portal("dreams", path, *own).output
    assert "there is no file" in portal("leads", tmp_path / "nope", *own).output
    assert "say what to import" in portal(*own).output
    wrong = portal("leads", path, *own, "--map", "cdnow")
    assert str(wrong.exception) == "The map makes no leads, but payments."
    assert "no map" in str(portal("leads", path, *own, "--map", "nope").exception)
    nobody = portal("payments", path, "--client", "nobody")
    assert nobody.exit_code == 1
