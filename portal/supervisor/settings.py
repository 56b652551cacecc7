"""Settings of a portal on a data folder: those of the environment, and the embedded servers'."""

import os
from collections.abc import Mapping
from dataclasses import fields, replace

from portal.config import PREFIX, Config
from portal.core.errors import BadConfig
from portal.supervisor.layout import Layout, keep_secrets
from portal.supervisor.servers import database_url, redis_url

ADDRESSES = ("database_url", "database_platform_url", "database_owner_url", "redis_url")


def is_embedded(config: Config) -> bool:
    """
    Tell whether we bring our own servers.

    Raises:
        BadConfig: some addresses are set and others are missing.
    """
    missing = [name.upper() for name in ADDRESSES if not getattr(config, name)]
    if missing and len(missing) < len(ADDRESSES):
        raise BadConfig(f"set {', '.join(missing)} as well, or none of the four addresses")
    return bool(missing)


def settings(layout: Layout, env: Mapping[str, str] = os.environ) -> Config:
    """Read the environment; without servers in it, name the embedded ones of this folder."""
    config = replace(Config.from_env(env), data_dir=layout.root)
    if not is_embedded(config):
        return config
    layout.make()
    return replace(
        config,
        database_url=database_url(layout, "portal_app"),
        database_platform_url=database_url(layout, "portal_platform"),
        database_owner_url=database_url(layout, "portal_owner"),
        redis_url=redis_url(layout),
        secret_key=config.secret_key or keep_secrets(layout)["secret_key"],
    )


def child_env(config: Config) -> dict[str, str]:
    """Environment of our own processes: all settings but the owner's address."""
    env = {name: value for name, value in os.environ.items() if name.lower() not in ADDRESSES}
    for field in fields(config):
        env[PREFIX + field.name.upper()] = _text(getattr(config, field.name))
    del env[PREFIX + "DATABASE_OWNER_URL"]
    env[PREFIX + "SUPERVISED"] = "1"
    return env


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
