"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Only add tables, or columns that may stay empty: an older version keeps running on the same database."""
    ${upgrades if upgrades else "pass"}
