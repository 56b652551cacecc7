"""
Fresh planner statistics after a bulk load.

Autovacuum looks once a minute; until then a table that just got its first hundred thousand rows
looks empty, and a plan made of that takes minutes. Needs PostgreSQL 17, where a role may be allowed
to ANALYZE what it does not own; before that autovacuum has to do.
"""

import sqlalchemy as sa

from portal.core.db import platform_connection
from portal.rollups.expand import FACTS
from portal.rollups.scratch import DERIVED

TABLES = sorted({"leads", "campaigns", "events", "rollups", *FACTS, *DERIVED})

STALE = """
SELECT c.relname FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
WHERE c.relname = ANY(:tables)
  AND s.n_mod_since_analyze > 2000 + 0.2 * greatest(c.reltuples, 0)
  AND CASE WHEN CAST(current_setting('server_version_num') AS int) >= 170000
    THEN has_table_privilege(c.oid, 'MAINTAIN') ELSE false END
ORDER BY c.relname
"""


def renew() -> list[str]:
    """Analyze the tables of facts and derived rows that changed much; return their names."""
    with platform_connection(read_only=False) as connection:
        stale = list(connection.execute(sa.text(STALE), {"tables": TABLES}).scalars())
        if stale:
            connection.exec_driver_sql(f"ANALYZE {', '.join(stale)}")
    return stale
