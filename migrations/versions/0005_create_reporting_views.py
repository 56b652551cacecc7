"""
Create the schema reporting: the source documents' tables as views, for BI tools.

The SQL is frozen beside this file, written by `portal.catalog.reporting`; a test fails when the
catalog would write it otherwise: then a new migration drops the schema and creates it anew.
"""

import os
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.core.calendar import is_zone

revision = "0005_create_reporting_views"
down_revision = "0004_create_imports"

STATEMENTS = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Create the schema; days of the platform are those of the agency's zone as of now."""
    zone = os.environ.get("PORTAL_AGENCY_ZONE", "")
    text = STATEMENTS.read_text().replace("$AGENCY_ZONE$", zone if is_zone(zone) else "UTC")
    for statement in text.split(";\n\n"):
        if statement.strip():
            op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    """Drop the schema with its views."""
    op.execute("DROP SCHEMA reporting CASCADE")
