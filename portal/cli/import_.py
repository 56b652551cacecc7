"""`portal import`: bring a file's rows in as facts, or see first what would become of them."""

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from portal.cli._scope import in_portal

if TYPE_CHECKING:
    from portal.ingest.files.maps import Map
    from portal.ingest.files.preview import Check
    from portal.models.imports import Import

MAP_HELP = "A map: a JSON file, one of the portal's own, or one that the client saved."
ERROR_HEAD = ("line", "kind", "field", "reason", "row")


@click.command()
@click.argument("words", nargs=-1, metavar="[KIND] FILE")
@click.option("--client", "slug", required=True, metavar="SLUG", help="Whose facts they are.")
@click.option("--map", "map_name", default="", metavar="FILE|NAME", help=MAP_HELP)
@click.option("--system", default="", help="The source system whose ids the file has.")
@click.option("--zone", default="", help="Zone of times without one. [default: the client's]")
@click.option("--dry-run", is_flag=True, help="Store nothing; say what would become of the rows.")
@click.option("--errors", type=click.Path(path_type=Path), help="Write refused rows here, as CSV.")
@click.option("--resume", type=click.UUID, help="Go on with an import that was stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@in_portal
def command(words: tuple[str, ...], slug: str, **options: Any) -> None:
    """
    Import FILE (CSV, TSV, blanks, NDJSON, XLSX) as facts of KIND: leads, jobs, payments, …

    With a map that makes facts of several kinds, all of them come in.
    """
    from portal.actions import clients
    from portal.core.actor import Actor, acting_for
    from portal.core.tenancy import acting_as

    client = clients.by_slug(slug)
    with acting_for(Actor("portal import")):
        with acting_as(client.id):
            made = _resumed(options["resume"]) if options["resume"] else _taken(words, options)
            if options["dry_run"]:
                _say_check(_checked(made), options)
                return
            import_id = made.id
        _say(_run(client.id, import_id, as_json=options["as_json"]), options)


def _taken(words: tuple[str, ...], options: dict[str, Any]) -> "Import":
    import msgspec

    from portal.actions import import_files, import_reading, imports
    from portal.core.errors import Refused

    kind, path = _named(words)
    with import_files.incoming() as taken:
        import_files.copy_in(path, taken)
        made = imports.add(taken, path.name, kind, options["system"])
    map_ = _map(options["map_name"]) if options["map_name"] else import_reading.map_of(made)
    if kind and kind not in map_.kinds:
        imports.discard(made)
        raise Refused(f"The map makes no {kind}, but {', '.join(map_.kinds) or 'nothing'}.")
    map_ = msgspec.structs.replace(map_, zone=options["zone"] or map_.zone)
    system = options["system"] or map_.system or imports.SYSTEM
    imports.configure(made, import_reading.layout_of(made), map_, system)
    return made


def _named(words: tuple[str, ...]) -> tuple[str, Path]:
    from portal.ingest.files.fields import kinds

    if len(words) not in {1, 2}:
        raise click.UsageError("say what to import: portal import KIND FILE --client SLUG")
    kind = words[0].replace("-", "_") if len(words) > 1 else ""
    if kind and kind not in kinds():
        raise click.UsageError(f"KIND is one of {', '.join(kinds())}")
    path = Path(words[-1])
    if not path.is_file():
        raise click.UsageError(f"there is no file {path}")
    return kind, path


def _map(name: str) -> "Map":
    from portal.actions import import_reading
    from portal.core.errors import NotFound, Refused
    from portal.ingest.files import maps
    from portal.ingest.files.values import BadFile

    if name in maps.shipped():
        return maps.shipped()[name]
    saved = {row.name: row for row in import_reading.saved_maps()}
    if name in saved:
        return import_reading.decoded(saved[name])
    if not Path(name).is_file():
        raise NotFound(f"There is no map “{name}”: no file, none of ours, none that was saved.")
    try:
        return maps.decode(Path(name).read_bytes())
    except BadFile as error:
        raise Refused(str(error), field="map") from error


def _resumed(import_id: UUID) -> "Import":
    from portal.actions import import_reading

    return import_reading.get(import_id)


def _checked(made: "Import") -> "Check":
    from portal.actions import import_reading, imports

    try:
        return import_reading.checked(made)
    finally:
        imports.discard(made)


def _run(client_id: UUID, import_id: UUID, *, as_json: bool) -> "Import":
    from portal.actions import import_reading, import_runs, imports
    from portal.core.tenancy import acting_as

    with acting_as(client_id):
        made = import_reading.get(import_id)
        imports.start(made, in_worker=False)
        length, done = made.size, made.offset
    hidden = as_json or not sys.stderr.isatty()
    with click.progressbar(length=length, file=sys.stderr, hidden=hidden, label="rows") as bar:
        bar.update(done)
        spell = import_runs.Spell(watch=lambda found: bar.update(max(found.offset - bar.pos, 0)))
        try:
            import_runs.run(client_id, import_id, spell)
        except KeyboardInterrupt:
            import_runs.stop(client_id, import_id)
            click.echo(f"\nstopped; go on with --resume {import_id}", err=True)
            raise SystemExit(130) from None
    with acting_as(client_id):
        return import_reading.get(import_id)


def _say(made: "Import", options: dict[str, Any]) -> None:
    from portal.actions import import_reading
    from portal.core.tenancy import acting_as

    if options["errors"]:
        with acting_as(made.client_id):
            _write_errors(options["errors"], import_reading.error_rows(made.id))
    told = {
        "id": str(made.id),
        "state": made.state,
        "rows": made.rows,
        "refused_rows": made.refused_rows,
        "counts": made.counts,
        "failure": made.failure,
    }
    _print(told, options)
    if made.state != "done":
        raise SystemExit(1)


def _say_check(told: "Check", options: dict[str, Any]) -> None:
    if options["errors"]:
        rows = ((f.line, f.kind, f.field, f.reason, f.content) for f in told.faults)
        _write_errors(options["errors"], rows)
    counts = {kind: dict(found) for kind, found in told.counts.items()}
    shown = {"state": "checked", "rows": told.rows, "refused_rows": told.refused_rows}
    _print({**shown, "counts": counts}, options)


def _print(told: dict[str, Any], options: dict[str, Any]) -> None:
    if options["as_json"]:
        click.echo(json.dumps(told))
        return
    click.echo(f"{told['state']}: {told['rows']:,} rows, {told['refused_rows']:,} refused")
    for kind, counts in told["counts"].items():
        click.echo(f"  {kind}: " + ", ".join(f"{n:,} {word}" for word, n in counts.items() if n))
    if told.get("failure"):
        click.echo(f"  {told['failure']}")


def _write_errors(path: Path, rows: Any) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(ERROR_HEAD)
        writer.writerows(rows)
