"""One transaction for a client's list of items, tried again when the database asks for it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from sqlalchemy.exc import OperationalError

from portal.core.db import db
from portal.core.tenancy import acting_as

T = TypeVar("T")

TRIES = 4
WAIT_SECONDS = 0.05


def in_one(client_id: UUID, work: Callable[[sa.Connection], T]) -> T:
    """
    Run `work` as the client and commit.

    A deadlock or a serialisation failure rolls everything back and runs it again, three times.
    """
    with acting_as(client_id):
        for tried in range(1, TRIES + 1):
            try:
                done = work(db.session.connection())
                db.session.commit()
            except OperationalError as error:
                db.session.rollback()
                if tried == TRIES or not _is_passing(error):
                    raise
                time.sleep(WAIT_SECONDS * tried * random.random())  # noqa: S311 - spreads retries
            except BaseException:
                db.session.rollback()
                raise
            else:
                return done
    raise AssertionError("the loop returns or raises")


def _is_passing(error: OperationalError) -> bool:
    return isinstance(error.orig, DeadlockDetected | SerializationFailure | LockNotAvailable)
