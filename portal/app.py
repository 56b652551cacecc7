"""The factory: config, database, blueprints, error pages. Only the edge imports this."""

from dataclasses import replace

import sqlalchemy as sa
from flask import Flask

from portal import assets, blueprints, models, tasks
from portal.config import Config
from portal.core.db import db, driver_url, engine_options
from portal.core.registry import discover

TWO_MEGABYTES = 2 * 1024 * 1024


def create_app(config: Config, *, testing: bool = False) -> Flask:
    """
    Build the portal as one process runs it.

    Every module below `portal.blueprints` that has `bp` is registered, and every one that has
    `init_app(app)` is called, in order of their names.
    """
    config = replace(config, base_url=config.base_url.rstrip("/"))
    app = Flask("portal", static_folder="static")
    app.config.update(
        TESTING=testing,
        PORTAL=config,
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=driver_url(config.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.pool_size, config.pool_timeout_seconds),
        MAX_CONTENT_LENGTH=TWO_MEGABYTES,
        MAX_FORM_MEMORY_SIZE=TWO_MEGABYTES,
        MAX_FORM_PARTS=200,
        TRUSTED_HOSTS=_hosts(config),
    )
    discover(models)
    discover(tasks)
    db.init_app(app)
    app.extensions["platform_engine"] = sa.create_engine(
        driver_url(config.database_platform_url),
        **(engine_options(2, config.pool_timeout_seconds)),
    )
    assets.init_app(app)
    _register(app)
    return app


def _register(app: Flask) -> None:
    modules = discover(blueprints)
    for module in modules:
        if start := getattr(module, "init_app", None):
            start(app)
    for module in modules:
        if (bp := getattr(module, "bp", None)) is not None and bp.name not in app.blueprints:
            app.register_blueprint(bp)


def _hosts(config: Config) -> list[str]:
    own = config.base_url.split("//")[-1].split("/")[0].rsplit(":", 1)[0]
    loopback = ["localhost", "127.0.0.1", "[::1]"] if config.is_loopback else []
    return [
        own,
        *loopback,
        *(host.strip() for host in config.trusted_hosts.split(",") if host.strip()),
    ]
