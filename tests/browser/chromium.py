"""Find the machine's Chromium; without one, name the command that brings it."""

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNPACKED = str(Path(sys.prefix) / "browser" / "chromium")
"""Where tools/browser puts one when the machine has none."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def path() -> str:
    """
    Return the path of a Chromium.

    Raises:
        FileNotFoundError: there is none; the message is the command that mends it.
    """
    found = os.environ.get("PORTAL_CHROMIUM") or next(
        filter(None, map(shutil.which, (*NAMES, UNPACKED))), None
    )
    if not found:
        raise FileNotFoundError(
            "no Chromium: run `sudo apt-get install -y chromium`, or set PORTAL_CHROMIUM to one"
        )
    return found
