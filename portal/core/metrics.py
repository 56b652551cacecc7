"""
Figures about the portal itself, for Prometheus.

Each process counts into a file of its own below the data folder; whoever is asked adds up those of
its siblings. What stands in the database is read when it is asked for, by `blueprints.metrics`.
Labels are fixed sets: routes by their rule, statuses by their class.
"""

import os
import shutil
from pathlib import Path
from threading import Lock

from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal.config import Config

FOLDER = "metrics"
PLACE = "portal_metrics"
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_beginning = Lock()
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Counts:
    """What this process counts, and where its family does."""

    def __init__(self, folder: Path) -> None:
        unshown = CollectorRegistry()  # what is shown comes from the files
        self.folder = folder
        self.requests = Counter(
            "portal_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=unshown,
        )
        self.latency = Histogram(
            "portal_request_seconds",
            "Seconds until a request was answered",
            ("route",),
            buckets=BUCKETS,
            registry=unshown,
        )

    def count(self, method: str, route: str, status: str, seconds: float) -> None:
        """Count one request."""
        self.requests.labels(method, route, status).inc()
        self.latency.labels(route).observe(seconds)


def counts(app: Flask) -> Counts:
    """Give what this process counts; the first to ask begins, and clears what the dead left."""
    with _beginning:
        if PLACE not in app.extensions:
            config: Config = app.config["PORTAL"]
            folder = config.data_dir.resolve() / FOLDER / str(os.getppid())
            _remove_dead(folder.parent)
            folder.mkdir(parents=True, exist_ok=True)
            os.environ[VARIABLE] = str(folder)
            values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
            app.extensions[PLACE] = Counts(folder)
    found: Counts = app.extensions[PLACE]
    return found


def render(app: Flask, *collectors: Collector) -> bytes:
    """Write what all processes of this family counted, and what `collectors` say."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(counts(app).folder))  # type: ignore[no-untyped-call]
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def gauge(name: str, about: str, label: str, found: dict[str, float]) -> GaugeMetricFamily:
    """Make a gauge of one label from what was just found."""
    made = GaugeMetricFamily(name, about, labels=[label])
    for value, figure in sorted(found.items()):
        made.add_metric([value], figure)
    return made


def _remove_dead(folders: Path) -> None:
    """A family is named after the process that forked it."""
    for folder in folders.glob("[0-9]*"):
        if not Path("/proc", folder.name).exists():
            shutil.rmtree(folder, ignore_errors=True)
