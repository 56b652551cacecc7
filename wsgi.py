"""WSGI entry point, for a server other than `portal web`."""

from portal.app import create_app
from portal.config import Config

app = create_app(Config.from_env())
