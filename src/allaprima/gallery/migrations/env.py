"""Alembic's entry: runs the revisions on the connection that the gallery already has."""

from __future__ import annotations

from alembic import context

from allaprima.gallery.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata)
# The transaction is the caller's: tables change all together or not at all.
context.run_migrations()
