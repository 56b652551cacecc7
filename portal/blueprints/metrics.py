"""`/metrics` for Prometheus: behind PORTAL_METRICS_TOKEN; without it there is no such page."""

import hmac
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from portal.blueprints.requests import route, seconds
from portal.catalog.arriving import arriving
from portal.core import metrics
from portal.core.db import db, platform_connection
from portal.core.errors import NotFound
from portal.core.queue import QUEUES
from portal.core.settings import current_config
from portal.models.task_runs import STATES

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MAIL_STATES = ("queued", "sending", "sent", "failed", "dropped", "uncertain")
RUNS = "SELECT state, count(*) FROM task_runs GROUP BY state"
QUEUE_AGE = """
SELECT queue, extract(epoch FROM now() - min(run_after)) FROM task_runs
WHERE state = 'queued' AND run_after <= now() GROUP BY queue
"""
MAILS = "SELECT state, count(*) FROM mail_outbox GROUP BY state"
MAIL_AGE = """
SELECT 'oldest', extract(epoch FROM now() - min(created_at)) FROM mail_outbox
WHERE state IN ('queued', 'sending') HAVING count(*) > 0
"""
TICK_AGE = """
SELECT schedule, extract(epoch FROM now() - max(claimed_at)) FROM schedule_ticks GROUP BY schedule
"""
ROLLUP_LAG = """
SELECT kind, coalesce(extract(epoch FROM now() - min(marked_at)), 0) FROM (
  SELECT 'day' AS kind, marked_at FROM day_marks
  UNION ALL SELECT 'entity', marked_at FROM entity_marks) AS marks GROUP BY kind
"""

bp = Blueprint("metrics", __name__)


def init_app(app: Flask) -> None:
    """Count each request."""
    app.after_request_funcs.setdefault(None, []).insert(0, _count)


@bp.get("/metrics")
def show() -> Response:
    """Write all figures in Prometheus' own format."""
    token = current_config().metrics_token
    sent = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        raise NotFound
    body = metrics.render(current_app, Database())
    return Response(body, content_type=CONTENT_TYPE_LATEST)


class Database(Collector):
    """What the database says at the moment of asking; only whether it answers, if it does not."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask, one transaction a role."""
        try:
            found = [*_of_app(), *_of_platform()]
        except sa.exc.SQLAlchemyError:
            db.session.rollback()
            yield GaugeMetricFamily("portal_database_up", "Whether PostgreSQL answers", value=0)
            return
        yield GaugeMetricFamily("portal_database_up", "Whether PostgreSQL answers", value=1)
        yield from found


def _of_app() -> Iterator[GaugeMetricFamily]:
    def ask(sql: str, labels: tuple[str, ...] = ()) -> dict[str, float]:
        return dict.fromkeys(labels, 0.0) | _pairs(db.session.connection(), sql)

    gauge = metrics.gauge
    yield gauge("portal_task_runs", "Task runs by state", "state", ask(RUNS, STATES))
    about = "Seconds that the oldest due run has waited"
    yield gauge("portal_queue_age_seconds", about, "queue", ask(QUEUE_AGE, QUEUES))
    yield gauge("portal_mails", "Mails by state", "state", ask(MAILS, MAIL_STATES))
    about = "Seconds that the oldest mail has waited"
    yield gauge("portal_mail_age_seconds", about, "mail", ask(MAIL_AGE, ("oldest",)))
    about = "Seconds since a schedule was claimed"
    yield gauge("portal_schedule_age_seconds", about, "schedule", ask(TICK_AGE))
    db.session.rollback()


def _of_platform() -> Iterator[GaugeMetricFamily]:
    with platform_connection() as connection:
        lag = {"day": 0.0, "entity": 0.0} | _pairs(connection, ROLLUP_LAG)
        came = arriving(connection)
    about = "Seconds that the oldest mark has waited for its rollup"
    yield metrics.gauge("portal_rollup_lag_seconds", about, "mark", lag)
    about = "Seconds from happening to arriving, of what came in the last five minutes"
    late = {one.kind: one.lag_seconds for one in came if one.lag_seconds is not None}
    yield metrics.gauge("portal_ingest_lag_seconds", about, "kind", late)
    about = "Seconds since the newest fact of a kind arrived"
    ages = {one.kind: one.age_seconds for one in came}
    yield metrics.gauge("portal_ingest_age_seconds", about, "kind", ages)


def _pairs(connection: sa.Connection, sql: str) -> dict[str, float]:
    return {row[0]: float(row[1]) for row in connection.execute(sa.text(sql))}


def _count(response: Response) -> Response:
    status = f"{response.status_code // 100}xx"
    metrics.counts(current_app).count(_method(), route(), status, seconds())
    return response


def _method() -> str:
    return request.method if request.method in METHODS else "OTHER"
