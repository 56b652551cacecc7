"""The settings of the application that runs, for code that speaks no HTTP."""

from flask import current_app

from portal.config import Config


def current_config() -> Config:
    """Give the settings of this process."""
    config: Config = current_app.config["PORTAL"]
    return config
