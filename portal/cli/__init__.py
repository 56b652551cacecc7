"""The command `portal`: each module here that has a click command named `command` is one."""

import importlib
import importlib.util
import pkgutil

import click

from portal.config import BadSetting
from portal.core.errors import PortalError


class Commands(click.Group):
    """Finds commands by the names of modules and imports only the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Names of all commands; `import_.py` is `import`."""
        names = (found.name for found in pkgutil.iter_modules(__path__))
        return sorted(
            name.rstrip("_").replace("_", "-") for name in names if not name.startswith("_")
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = cmd_name.replace("-", "_")
        if importlib.util.find_spec(f"{__name__}.{module}") is None:
            module += "_"
        command: click.Command = importlib.import_module(f"{__name__}.{module}").command
        command.name = cmd_name
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def portal() -> None:
    """Client analytics portal."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; an error that we raise on purpose is one line, not a stack."""
    try:
        portal(arguments)
    except (PortalError, BadSetting) as error:
        raise SystemExit(f"portal: {error}") from None
