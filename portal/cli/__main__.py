"""`python -m portal.cli` is `portal`."""

import os
import signal

from portal.cli import main

if os.environ.get("PORTAL_SUPERVISED"):  # a worker of ours started us
    from portal.supervisor.family import bind_descendants, end_with_parent

    end_with_parent(signal.SIGKILL)
    bind_descendants()

main()
