"""Brings a database to the schema that this code needs, by Flask-Migrate."""

import flask_migrate
from alembic.config import Config as AlembicConfig
from flask import Flask, current_app

from portal.core.db import db, driver_url
from portal.core.schema import FOLDER

OWNER_URL = "PORTAL_OWNER_URL"


def _as_owner(config: AlembicConfig) -> AlembicConfig:
    """Run as portal_owner: the application's own role may change no table."""
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = current_app.config.get(OWNER_URL)
    return config


# Not in the application's own factory: no process that answers requests has to load Alembic.
migrate = flask_migrate.Migrate(db=db, directory=str(FOLDER))
migrate.configure(_as_owner)


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the database at `owner_url` to `revision`."""
    app = Flask("portal")
    app.config[OWNER_URL] = owner_url
    app.config["SQLALCHEMY_DATABASE_URI"] = driver_url(owner_url)
    db.init_app(app)
    migrate.init_app(app)
    with app.app_context():
        flask_migrate.upgrade(revision=revision)
