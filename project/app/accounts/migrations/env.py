"""How alembic runs the migrations: on the connection, and in the transaction, of `app/accounts/database.py`."""

from __future__ import annotations

from alembic import context

from app.accounts.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
)
context.run_migrations()
