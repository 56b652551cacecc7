"""Browsers and instants, as people call them."""

import pytest

from portal.blueprints.words import browser_name

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/149.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (CHROME, "Chrome on Linux"),
        (CHROME + " Edg/149.0", "Edge on Linux"),
        (SAFARI, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Firefox/150.0",
            "Firefox on macOS",
        ),
        ("curl/8.9", "curl/8.9"),
        ("", "Unknown"),
    ],
)
def test_a_browser_is_called_by_its_name(sent: str, name: str) -> None:
    assert browser_name(sent) == name
