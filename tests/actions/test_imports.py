"""An import stores what the file says, once; stops, goes on and is undone without a trace left."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.actions import import_files, import_reading, import_runs, imports
from portal.actions.import_runs import Spell
from portal.core.db import db
from portal.core.errors import Conflict, NotFound, Refused, TooLarge
from portal.core.tenancy import acting_as
from portal.ingest.files import maps, preview
from portal.models.clients import Client
from portal.models.facts.leads import Lead
from portal.models.facts.money import Job, Payment
from portal.models.imports import Import, ImportRefusal
from tests import factories
from tests.ingest.files import shapes

REAL = Path(os.environ.get("REAL_DATA", "/nonexistent"))


@pytest.fixture
def client(session: object) -> Client:
    """A new client that counts in dollars, in New York."""
    return factories.client("newcomer", zone="America/New_York", currency="USD")


def upload(path: Path, kind: str = "", map_: str = "", system: str = "") -> Import:
    """Take a file in as a draft; call inside `acting_as`."""
    with import_files.incoming() as taken:
        import_files.copy_in(path, taken)
        made = imports.add(taken, path.name, kind, system)
    if map_:
        found = maps.decode(map_)
        imports.configure(
            made, import_reading.layout_of(made), found, system or found.system or "file"
        )
    return made


def run(client: Client, made: Import, spell: Spell | None = None) -> Import:
    """Start or resume an import, let it run here, and read it again."""
    with acting_as(client.id):
        imports.start(import_reading.get(made.id))
    return go_on(client, made, spell)


def go_on(client: Client, made: Import, spell: Spell | None = None) -> Import:
    """Let it run, as a worker does, and read it again."""
    import_runs.run(client.id, made.id, spell)
    with acting_as(client.id):
        return import_reading.get(made.id)


def bring(client: Client, path: Path, kind: str = "", map_: str = "", system: str = "") -> Import:
    """Upload and run."""
    with acting_as(client.id):
        made = upload(path, kind, map_, system)
    return run(client, made)


def one(client: Client, model: Any, *columns: Any) -> Any:
    """Read sums over the client's facts of one kind."""
    with acting_as(client.id):
        found = db.session.execute(sa.select(*columns).where(model.client_id == client.id)).one()
        db.session.commit()
    return tuple(found)


def leads(client: Client) -> int:
    (number,) = one(client, Lead, sa.func.count().filter(Lead.withdrawn_at.is_(None)))
    return int(number)


def crm_numbers(client: Client) -> tuple[int, ...]:
    """Leads, those of 2017 by local days, jobs won, their value in cents, jobs lost."""
    local = sa.func.extract("year", sa.func.timezone("America/New_York", Lead.occurred_at))
    found = one(client, Lead, sa.func.count(), sa.func.count().filter(local == 2017))
    value = sa.func.sum(Job.value_minor).filter(Job.status == "won")
    jobs = one(client, Job, sa.func.count(Job.won_at), value, sa.func.count(Job.lost_at))
    return (*found, *jobs)


def test_opportunities_become_leads_and_jobs(client: Client, tmp_path: Path) -> None:
    told = shapes.write_crm(tmp_path / "pipeline.csv")

    made = bring(client, tmp_path / "pipeline.csv", "leads")

    assert made.state == "done"
    assert (made.rows, made.refused_rows) == (told.rows, told.undated)
    assert crm_numbers(client) == (
        told.rows - told.undated, told.leads_of_2017, told.won, told.won_value * 100, told.lost
    )  # fmt: skip
    with acting_as(client.id):
        refused = db.session.scalars(sa.select(ImportRefusal).order_by(ImportRefusal.line)).all()
        assert len(refused) == told.undated
        assert (refused[0].line, refused[0].field, refused[0].reason) == (
            told.rows - told.undated + 2, "occurred_at", "“engage_date” is empty"
        )  # fmt: skip


def test_equal_lines_all_count_and_the_same_file_twice_changes_nothing(
    client: Client, tmp_path: Path
) -> None:
    told = shapes.write_cdnow(tmp_path / "purchases.txt")
    sums = (sa.func.count(Payment.id), sa.func.sum(Payment.amount_minor))

    first = bring(client, tmp_path / "purchases.txt", "payments")

    assert told.copies > 0
    assert told.zeros > 0
    assert one(client, Payment, *sums) == (told.rows, told.cents)
    assert first.counts == {"payments": {"stored": told.rows}}

    again = bring(client, tmp_path / "purchases.txt", "payments")

    assert again.counts == {"payments": {"duplicate": told.rows}}
    assert one(client, Payment, *sums) == (told.rows, told.cents)
    with acting_as(client.id):
        assert import_reading.earlier(import_reading.get(again.id)) is not None


def test_a_newer_export_brings_known_things_up_to_date(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("lead_id,created,stage,name\na,2026-01-01,new,Ann\nb,2026-01-02,new,Bob\n")
    bring(client, path, "leads")
    path.write_text("lead_id,created,stage,name\na,2026-01-01,won,Ann\nb,2026-01-02,new,Bob\n")

    newer = bring(client, path, "leads")

    assert newer.counts == {"leads": {"updated": 1, "duplicate": 1}}
    assert one(client, Lead, sa.func.min(Lead.stage), sa.func.max(Lead.stage)) == ("new", "won")
    again = bring(client, path, "leads")
    assert again.counts == {"leads": {"duplicate": 2}}


def test_an_id_that_stands_twice_with_other_content_is_refused(
    client: Client, tmp_path: Path
) -> None:
    """The second is not taken for a newer version: in one file nothing says which is newer."""
    path = tmp_path / "deals.csv"
    rows = "a,2026-01-01,Ann\na,2026-01-01,Eve\na,2026-01-01,Ann\n"
    path.write_text("lead_id,created,name\n" + rows)
    map_ = """{"facts": [{"kind": "leads", "fields": {"external_id": {"column": "lead_id"},
        "occurred_at": {"column": "created"}, "name": {"column": "name"}}}]}"""

    for _ in range(2):
        made = bring(client, path, "leads", map_)

        assert made.counts["leads"]["refused"] == 1
        assert one(client, Lead, sa.func.max(Lead.name)) == ("Ann",)


def test_an_import_goes_on_where_it_was_killed(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle of a batch: what that batch did is gone, the rest is not done again."""
    told = shapes.write_cdnow(tmp_path / "purchases.txt", rows=3500)
    with acting_as(client.id):
        made = upload(tmp_path / "purchases.txt", "payments")
    monkeypatch.setattr(import_runs, "_advance", killed_at(3))
    with pytest.raises(KeyboardInterrupt):
        run(client, made)
    monkeypatch.undo()
    (stored,) = one(client, Payment, sa.func.count(Payment.id))
    assert stored == 2000

    made = go_on(client, made)

    assert made.state == "done"
    assert made.counts == {"payments": {"stored": told.rows}}
    assert one(client, Payment, sa.func.sum(Payment.amount_minor)) == (told.cents,)


def killed_at(number: int) -> Any:
    """Stand for `_advance`, and die at the so-manieth call."""
    calls = iter(range(1, 100))
    real = import_runs._advance  # noqa: SLF001 - the point between facts and place

    def advance(*arguments: Any) -> None:
        if next(calls) == number:
            raise KeyboardInterrupt
        real(*arguments)

    return advance


def test_only_one_of_two_runs_gets_anywhere(app: Flask, client: Client, tmp_path: Path) -> None:
    """Frozen while its successor takes over, a run leaves nothing more behind."""
    told = shapes.write_cdnow(tmp_path / "purchases.txt", rows=2500)
    with acting_as(client.id):
        made = upload(tmp_path / "purchases.txt", "payments")
    others: list[str] = []

    def overtake(found: Import) -> None:
        if not others:
            others.append("")
            with ThreadPoolExecutor(1) as pool:
                others[0] = pool.submit(elsewhere, app, found.client_id, found.id).result()

    made = run(client, made, Spell(watch=overtake))

    assert others == ["done"]
    assert made.state == "done"
    assert made.counts == {"payments": {"stored": told.rows}}


def elsewhere(app: Flask, client_id: UUID, import_id: UUID) -> str:
    """Run it as another process would, with a session of its own."""
    with app.app_context():
        return import_runs.run(client_id, import_id)


def test_cancel_stops_behind_the_rows_in_hand_and_resume_goes_on(
    client: Client, tmp_path: Path
) -> None:
    told = shapes.write_cdnow(tmp_path / "purchases.txt", rows=2500)
    with acting_as(client.id):
        made = upload(tmp_path / "purchases.txt", "payments")

    def stop(found: Import) -> None:
        if found.state == "running" and not found.is_cancelled:
            imports.cancel(found)

    made = run(client, made, Spell(watch=stop))
    assert (made.state, made.rows) == ("cancelled", 1000)
    assert one(client, Payment, sa.func.count(Payment.id)) == (1000,)

    made = run(client, made)
    assert made.counts == {"payments": {"stored": told.rows}}


def test_undo_withdraws_what_it_stored_and_nothing_else(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("lead_id,created,name\na,2026-01-01,Ann\n")
    bring(client, path, "leads")
    path.write_text("lead_id,created,name\na,2026-01-01,Ann\nb,2026-01-01,Bob\nc,2026-01-01,C\n")
    made = bring(client, path, "leads")
    assert leads(client) == 3

    with acting_as(client.id):
        imports.undo(import_reading.get(made.id))
    made = go_on(client, made)

    assert (made.state, made.undone) == ("undone", 2)
    assert leads(client) == 1
    again = bring(client, path, "leads")
    assert leads(client) == 3
    assert again.counts == {"leads": {"duplicate": 1, "updated": 2}}


def test_states_forbid_what_makes_no_sense(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("lead_id,created,name\na,2026-01-01,Ann\n")
    made = bring(client, path, "leads")

    with acting_as(client.id):
        made = import_reading.get(made.id)
        for forbidden in (imports.start, imports.cancel, imports.discard):
            with pytest.raises(Conflict):
                forbidden(made)
        with pytest.raises(Conflict):
            imports.configure(
                made, import_reading.layout_of(made), import_reading.map_of(made), "x"
            )


def test_a_map_that_lacks_something_does_not_start(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text("a,b\nx,y\n")
    with acting_as(client.id):
        made = upload(path, "payments")

        with pytest.raises(Refused, match="payments needs occurred_at"):
            imports.start(made)
        imports.discard(made)
        assert not import_files.path_of(made.file_key).exists()


def test_a_file_that_is_refused_leaves_nothing(
    app: Flask, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(import_files.folder().iterdir())
    big, odd = tmp_path / "big.csv", tmp_path / "odd.csv"
    big.write_bytes(b"a,b\n" * (1 << 19))
    odd.write_bytes(b"%PDF-1.7 ...")
    small = replace(app.config["PORTAL"], import_megabytes=1)
    monkeypatch.setitem(app.config, "PORTAL", small)

    with acting_as(client.id):
        for path, refusal in ((big, TooLarge), (odd, Refused)):
            with pytest.raises(refusal):
                upload(path, "leads")

    assert set(import_files.folder().iterdir()) == before


def test_another_client_does_not_see_it(client: Client, acme: Client, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("lead_id,created\na,2026-01-01\n")
    made = bring(client, path, "leads")

    with acting_as(client.id):
        assert import_reading.get(made.id)
    with acting_as(acme.id):
        assert import_reading.listed() == []
        with pytest.raises(NotFound):
            import_reading.get(made.id)


def test_a_saved_map_is_taken_for_the_next_file_of_that_shape(
    client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("x,y\na,2026-01-01\n")
    map_ = maps.decode("""{"facts": [{"kind": "leads", "fields": {
        "external_id": {"column": "x"}, "occurred_at": {"column": "y"}}}]}""")
    with acting_as(client.id):
        imports.save_map("Ours", map_)
        imports.save_map(" Ours ", map_)
        assert len(import_reading.saved_maps()) == 1

        assert import_reading.map_of(upload(path, "leads")).name == "Ours"


def test_no_transaction_is_open_while_a_file_is_looked_through(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes.write_cdnow(tmp_path / "purchases.txt", rows=10)
    open_ones: list[bool] = []

    def look(*_: Any) -> preview.Check:
        open_ones.append(db.session().in_transaction())
        return preview.Check()

    monkeypatch.setattr(preview, "check", look)
    with acting_as(client.id):
        import_reading.checked(upload(tmp_path / "purchases.txt", "payments"))

    assert open_ones == [False]


@pytest.fixture
def real() -> Path:
    """The folder with the real files, where there is one."""
    if not REAL.exists():
        pytest.skip("REAL_DATA names no folder")
    return REAL


def test_the_real_opportunities(client: Client, real: Path) -> None:
    made = bring(client, real / "crm_sales_opportunities" / "sales_pipeline.csv", "leads")

    assert (made.rows, made.refused_rows) == (8800, 500)
    assert crm_numbers(client) == (8300, 7942, 4238, 1_000_553_400, 2473)


def test_the_real_purchases(client: Client, real: Path) -> None:
    made = bring(client, real / "cdnow" / "CDNOW_master.txt", "payments")

    assert made.counts == {"payments": {"stored": 69_659}}
    assert one(client, Payment, sa.func.sum(Payment.amount_minor)) == (250_031_563,)
