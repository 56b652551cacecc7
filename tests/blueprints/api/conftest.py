"""Programs with a key."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from portal.actions import keys
from portal.core.tenancy import acting_as
from portal.models.clients import Client

HTTPS = "https://localhost"


@dataclass
class Program:
    """Something that calls the API with a key, over https."""

    app: Flask
    secret: str

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request; a body that is not bytes is sent as JSON."""
        headers = {"Authorization": f"Bearer {self.secret}", **options.pop("headers", {})}
        if body is not None:
            options["data"] = body if isinstance(body, bytes) else json.dumps(body).encode()
            options.setdefault("content_type", "application/json")
        headers = {name: value for name, value in headers.items() if value}
        browser = self.app.test_client()
        return browser.open(path, method=method, headers=headers, base_url=HTTPS, **options)

    def post(self, path: str, body: Any, **options: Any) -> Any:
        """Send a POST."""
        return self.call("POST", path, body, **options)

    def get(self, path: str, **options: Any) -> Any:
        """Send a GET."""
        return self.call("GET", path, **options)


Makes = Callable[..., Program]


@pytest.fixture
def program(app: Flask, session: object) -> Makes:
    """Make a program with a new key of a client."""

    def make(client: Client, scope: str = "ingest", **options: Any) -> Program:
        with acting_as(client.id):
            secret = keys.create(client.id, scope, **options).secret
        return Program(app, secret)

    return make


@pytest.fixture
def sender(program: Makes, acme: Client) -> Program:
    """Acme's own program that sends."""
    return program(acme)


@pytest.fixture
def reader(program: Makes, acme: Client) -> Program:
    """Acme's own program that reads."""
    return program(acme, "read")
