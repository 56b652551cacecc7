"""Whether there is room for what is to come."""

import shutil
from collections.abc import Iterator

from portal.supervisor.checks.finding import Finding, Place

LEAST_BYTES = 1 << 30
LEAST_SHARE = 0.05


def look(place: Place) -> Iterator[Finding]:
    """Look at the disk of the data folder."""
    folder = place.config.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    yield Finding(
        "disk",
        ok=usage.free > LEAST_BYTES and share > LEAST_SHARE,
        what=f"{usage.free / (1 << 30):.1f} GB free ({share:.0%}) below {folder}",
        mend=f"Make room: `du -xh {folder} | sort -h | tail`, or move it and start with --data",
    )
