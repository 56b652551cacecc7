"""The command `portal`: how its parts are found, and how it speaks."""

import importlib
import pkgutil

import click
import pytest
from click.testing import CliRunner

from portal import cli
from tests.supervisor.started import portal


def test_every_module_is_a_command_that_explains_itself() -> None:
    """One new file is enough; without help it would not be found."""
    context = click.Context(cli.portal)
    names = cli.portal.list_commands(context)
    assert {"setup", "up", "down", "demo", "doctor", "migrate", "backup", "restore"} <= set(names)
    for name in names:
        found = cli.portal.get_command(context, name)
        assert found is not None
        assert found.help, name


def test_no_two_modules_make_one_command() -> None:
    """`import_.py` is `import`; nothing else may be."""
    names = [found.name for found in pkgutil.iter_modules(cli.__path__) if found.name[0] != "_"]
    assert len({name.rstrip("_") for name in names}) == len(names)


def test_an_unknown_command_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """By click, with exit code 2."""
    done = CliRunner().invoke(cli.portal, ["nonsense"])
    assert done.exit_code == 2
    assert "No such command 'nonsense'" in done.output


def test_an_error_on_purpose_is_one_line() -> None:
    """No stack: the text says what to do."""
    done = portal("doctor", DATABASE_URL="postgresql://portal_app@nowhere/portal")
    assert done.returncode == 1
    assert done.stderr == (
        "portal: set DATABASE_PLATFORM_URL, DATABASE_OWNER_URL, REDIS_URL as well,"
        " or none of the four addresses\n"
    )


def test_starting_the_command_imports_nothing_heavy() -> None:
    """`portal --help` answers at once."""
    module = importlib.import_module("portal.cli")
    assert not {"sqlalchemy", "flask"} & set(vars(module))
