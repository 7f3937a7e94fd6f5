"""The tables: pictures, loose files, jobs.

Every file in the store has at least one row at any moment: in `pictures`, or in `loose_files` while it is being
written or removed. Knows the shape only; what keeps it true is in gallery.py, loose.py and jobs.py.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

# Ids are compared as bytes on every database, or paging would depend on the server's language.
ID = String(26).with_variant(String(26, collation="C"), "postgresql")
# SQLite numbers rows by itself only in an INTEGER key.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """A time in UTC that comes back aware, also from SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What all tables share."""


class PictureRow(Base):
    """A kept picture. `number` ties it to the full-text index; `folded` is what that index reads."""

    __tablename__ = "pictures"

    number: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    owner: Mapped[str] = mapped_column(String(200))
    created: Mapped[datetime] = mapped_column(Moment)
    words: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, deferred=True)
    recipe: Mapped[dict[str, Any]] = mapped_column(JSON)
    vector: Mapped[bytes | None] = mapped_column(deferred=True)  # float16 [384], little-endian, unit length
    media_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(200), unique=True)
    favourite: Mapped[bool] = mapped_column(default=False)
    folder: Mapped[str] = mapped_column(String(200), default="")
    parent: Mapped[str | None] = mapped_column(ForeignKey("pictures.id", ondelete="SET NULL"))
    job: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    place: Mapped[int | None]  # within the job that painted it

    __table_args__ = (
        UniqueConstraint("job", "place", name="pictures_once_a_job"),
        Index("pictures_of_owner", "owner", "id"),
        Index("pictures_of_parent", "parent"),
        # Numbers are never used twice, so that the full-text index cannot answer with a later picture.
        {"sqlite_autoincrement": True},
    )


class LooseFileRow(Base):
    """A file that may lie in the store without a picture: being written by `writer`, or doomed to be removed."""

    __tablename__ = "loose_files"

    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    writer: Mapped[str] = mapped_column(String(64))
    doomed: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime] = mapped_column(Moment)


class JobRow(Base):
    """A job. `runner` says which open gallery runs it; `attempt` fences out a runner that was thought dead."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    key: Mapped[str | None] = mapped_column(String(200))  # the asker's own, so that asking twice makes one job
    state: Mapped[str] = mapped_column(String(12))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    attempt: Mapped[int] = mapped_column(default=0)
    runner: Mapped[str | None] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment)
    started: Mapped[datetime | None] = mapped_column(Moment)
    ended: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("owner", "key", name="jobs_once_a_key"),
        Index("jobs_in_state", "state", "id"),
        Index("jobs_of_owner", "owner", "started"),
    )
