"""
What RQ brings a worker: that there is something to do. Nothing in it is ever run.

A wake-up may only name `run` and one row. Whatever else lies in Redis, under whatever name or in
whatever format, is refused and said so in the log: somebody who writes there is up to something.
"""

import logging
from typing import Any
from uuid import UUID

from redis import Redis
from rq import Queue
from rq.exceptions import DequeueTimeout, DeserializationError
from rq.job import Job
from rq.serializers import JSONSerializer

from portal.core.queue import RUN

log = logging.getLogger(__name__)


class Forged(Exception):
    """A queued job is no wake-up of ours."""


class WakeUp(Job):
    """An RQ job that may only be `run(row_id)`, without callbacks."""

    def restore(self, raw_data: Any) -> Any:
        """
        Read the job.

        Raises:
            Forged: it cannot be read, or asks for anything else.
        """
        restored = super().restore(raw_data)
        try:
            is_ours = self.func_name == RUN and self.instance is None and not self.kwargs
            UUID(*self.args)
        except (DeserializationError, TypeError, ValueError) as error:
            raise Forged(self.id) from error
        callbacks = (
            self._success_callback_name,
            self._failure_callback_name,
            self._stopped_callback_name,
        )
        if not is_ours or any(callbacks):
            raise Forged(self.id)
        return restored


def wait(name: str, connection: Redis, seconds: int) -> bool:
    """Wait for a wake-up on queue `name`; False when none came in time. It is used up."""
    line = Queue(name, connection=connection, serializer=JSONSerializer, job_class=WakeUp)
    try:
        job, _ = Queue.dequeue_any(
            [line], seconds, connection=connection, job_class=WakeUp, serializer=JSONSerializer
        ) or (None, None)
    except DequeueTimeout:
        return False
    except Forged as error:
        log.error("a queued job is no run of ours; refused", extra={"job": str(error)})  # noqa: TRY400 - the stack says nothing
        connection.delete(Job.key_for(str(error)), line.intermediate_queue_key)
        return False
    if job is not None:
        connection.delete(job.key, line.intermediate_queue_key)
    return job is not None
