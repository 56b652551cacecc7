"""Settings: read once from the environment, with unit and default, and never changed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

PREFIX = "PORTAL_"


class BadSetting(ValueError):
    """A variable of the environment cannot be read; the text names it and what it must be."""


@dataclass(frozen=True)
class Config:
    """
    Everything that differs between two installations.

    Each field is read from `PORTAL_<FIELD>`; the three database addresses and Redis' also from
    `DATABASE_URL`, `DATABASE_PLATFORM_URL`, `DATABASE_OWNER_URL` and `REDIS_URL`.
    """

    database_url: str = ""
    """As role portal_app: row-level security holds."""
    database_platform_url: str = ""
    """As role portal_platform: reads all clients, writes rollups and marks."""
    database_owner_url: str = ""
    """As role portal_owner: migrations only; web and workers need not know it."""
    redis_url: str = ""
    secret_key: str = ""
    """At least 32 characters; signs tokens and seals TOTP secrets."""
    data_dir: Path = Path("data")
    """Imports, logos, mails of the demo."""
    base_url: str = "http://127.0.0.1:8000"
    """Links in mails are made from it, never from a request's Host."""
    trusted_hosts: str = ""
    """Host names besides that of `base_url`, separated by commas."""
    proxies: int = 0
    """How many proxies stand in front and set X-Forwarded-For and -Proto."""
    demo: bool = False
    agency_name: str = "Larkfield Agency"
    agency_zone: str = "UTC"
    metrics_token: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: str = "starttls"
    """starttls, tls or none."""
    mail_from: str = "Portal <portal@localhost>"
    pool_size: int = 5
    """Database connections a process keeps."""
    pool_timeout_seconds: int = 2
    log_level: str = "INFO"
    import_megabytes: int = 2048
    """Size of the largest file that may be uploaded for an import."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Config":
        """
        Read the settings.

        Raises:
            BadSetting: a value has the wrong type; the message names the variable.
        """
        values = {}
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            text = env.get(name, env.get(field.name.upper() if "_url" in field.name else name))
            if text is not None and field.name != "base_url":
                values[field.name] = _parse(name, text, type(field.default))
        values["base_url"] = env.get(PREFIX + "BASE_URL", cls.base_url)
        return cls(**values)  # type: ignore[arg-type]  # _parse gives each field its own type

    @property
    def is_loopback(self) -> bool:
        """Whether the portal is reachable from this machine alone, by its own address."""
        host = self.base_url.split("//")[-1].split("/")[0].rsplit(":", 1)[0]
        return host in {"127.0.0.1", "localhost", "[::1]"}

    @property
    def is_relaxed(self) -> bool:
        """Demo mode on loopback: cookies without Secure, mails to a folder, `/dev/mail`."""
        return self.demo and self.is_loopback


def _parse(name: str, text: str, kind: type) -> object:
    if kind is bool:
        if text.lower() not in {"1", "0", "true", "false", "yes", "no", ""}:
            raise BadSetting(f"{name} must be true or false, not {text!r}")
        return text.lower() in {"1", "true", "yes"}
    if kind is int:
        if not text.isdecimal():
            raise BadSetting(f"{name} must be a whole number, not {text!r}")
        return int(text)
    return Path(text) if issubclass(kind, Path) else text
