"""Jobs that outlive the process: asked for, begun, ended; each ends once.

Each job is in the hand of the gallery that took it in, until that one dies: a job that was running then is queued
again, and whoever asks first for what nobody has in hand gets it (`claim`). Knows nothing of what a job does; keeping
its pictures together with its end is `Gallery.finish`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from allaprima.errors import UserError
from allaprima.gallery.database import Database
from allaprima.gallery.identity import new_id
from allaprima.gallery.models import JobRow
from allaprima.gallery.presence import Presence
from allaprima.gallery.records import ENDED, STATES, Job, NotFoundError, State
from allaprima.gallery.wording import jsonable, plain

UNFINISHED: tuple[State, ...] = ("queued", "running")


class Jobs:
    """The jobs of one gallery. Thread-safe."""

    def __init__(self, database: Database, presence: Presence, *, most_attempts: int = 10) -> None:
        """A job that was begun `most_attempts` times and ended its process each time has failed."""
        self._database = database
        self._presence = presence
        self._most_attempts = most_attempts

    def add(self, owner: str, kind: str, request: Mapping[str, Any], *, key: str | None = None) -> Job:
        """Queue a job. Asked again with the same `key`, the owner gets the job that is already there."""
        row = JobRow(
            id=new_id(),
            owner=plain(owner, "owner"),
            kind=plain(kind, "kind", 40),
            request=jsonable(request, "request"),
            key=None if key is None else plain(key, "key"),
            runner=self._presence.name,
            state="queued",
            attempt=0,
            created=datetime.now(UTC),
        )
        try:
            with self._database.writing() as session, session.begin():
                session.add(row)
        except IntegrityError:
            with self._database.reading() as session:
                there = session.scalar(select(JobRow).where(JobRow.owner == row.owner, JobRow.key == row.key))
                if there is None:
                    raise
                return job_of(there)
        return job_of(row)

    def get(self, id: str, owner: str | None = None) -> Job:
        """Raises NotFoundError, also when an `owner` is given and the job is another's."""
        with self._database.reading() as session:
            return job_of(_row(session, id, owner))

    def list(
        self,
        owner: str | None = None,
        *,
        states: Collection[State] = STATES,
        before: str | None = None,
        limit: int = 50,
    ) -> tuple[Job, ...]:
        """Newest first, those older than the job `before`; of every owner when none is given."""
        asked = select(JobRow).where(JobRow.state.in_(states)).order_by(JobRow.id.desc()).limit(limit)
        if owner is not None:
            asked = asked.where(JobRow.owner == owner)
        if before is not None:
            asked = asked.where(JobRow.id < before)
        with self._database.reading() as session:
            return tuple(job_of(row) for row in session.scalars(asked))

    def unfinished(self) -> tuple[Job, ...]:
        """All that are queued or running, oldest first."""
        with self._database.reading() as session:
            asked = select(JobRow).where(JobRow.state.in_(UNFINISHED)).order_by(JobRow.id)
            return tuple(job_of(row) for row in session.scalars(asked))

    def claim(self, kinds: Collection[str] | None = None) -> tuple[Job, ...]:
        """Take in hand what is queued and in no living gallery's hand, oldest first; nobody else gets these jobs."""
        asked = select(JobRow.id, JobRow.runner).where(JobRow.state == "queued").order_by(JobRow.id)
        if kinds is not None:
            asked = asked.where(JobRow.kind.in_(kinds))
        with self._database.reading() as session:
            queued = [(row.id, row.runner) for row in session.execute(asked)]
        dead = self._presence.gone({runner for _, runner in queued if runner is not None})
        claimed = []
        for id, runner in queued:
            if runner is not None and runner not in dead:
                continue
            with self._database.writing() as session, session.begin():
                change = update(JobRow).where(JobRow.id == id, JobRow.state == "queued")
                # Somebody else may have claimed it since it was looked at.
                change = change.where(JobRow.runner.is_(None) if runner is None else JobRow.runner == runner)
                if session.execute(change.values(runner=self._presence.name).returning(JobRow.id)).first() is not None:
                    claimed.append(job_of(_row(session, id)))
        return tuple(claimed)

    def has_in_hand(self, id: str) -> bool:
        """Whether the job is this gallery's to carry out: it took it in, claimed it or began it."""
        with self._database.reading() as session:
            return _row(session, id).runner == self._presence.name

    def next_unfinished(self, kinds: Collection[str] | None = None) -> Job | None:
        """Begin the next queued job: the oldest of the owner who has waited longest since one of theirs was
        begun. It is running when this returns, and nobody else gets it. None when nothing is queued."""
        others = aliased(JobRow)
        served = select(func.max(others.started)).where(others.owner == JobRow.owner).scalar_subquery()
        asked = select(JobRow.id).where(JobRow.state == "queued").order_by(served.asc().nulls_first(), JobRow.id)
        if kinds is not None:
            asked = asked.where(JobRow.kind.in_(kinds))
        while True:
            with self._database.reading() as session:
                id = session.scalar(asked.limit(1))
            if id is None:
                return None
            begun = self.begin(id)
            if begun is not None:  # else somebody else was quicker
                return begun

    def begin(self, id: str) -> Job | None:
        """queued -> running, for this gallery; None when it is not queued (any more)."""
        with self._database.writing() as session, session.begin():
            change = (
                update(JobRow)
                .where(JobRow.id == id, JobRow.state == "queued")
                .values(
                    state="running",
                    runner=self._presence.name,
                    attempt=JobRow.attempt + 1,
                    started=datetime.now(UTC),
                )
            )
            if session.execute(change.returning(JobRow.id)).first() is None:
                return None
            return job_of(_row(session, id))

    def set(self, id: str, state: State, result: Mapping[str, Any] | None = None, *, attempt: int | None = None) -> Job:
        """Put a job into a state, with a result. One that has ended stays as it ended; with `attempt`, one that
        was begun again since stays too. Returns the job as it now stands, so look at its state."""
        if state not in STATES:
            raise UserError(f"A job cannot be {state!r}: {', '.join(STATES)} are its states.")
        with self._database.writing() as session, session.begin():
            _row(session, id)
            change_state(session, id, state, result, attempt)
            session.expire_all()
            return job_of(_row(session, id))

    def cancel(self, id: str, owner: str | None = None) -> Job:
        """Cancel a job, queued or running; one that has ended stays as it ended."""
        self.get(id, owner)
        return self.set(id, "cancelled")

    def position(self, id: str) -> int:
        """How many queued jobs were asked for before this one."""
        with self._database.reading() as session:
            asked = select(func.count()).where(JobRow.state == "queued", JobRow.id < id)
            return session.scalar(asked) or 0

    def recover(self) -> int:
        """Queue again what dead galleries were running; the number of such jobs."""
        with self._database.reading() as session:
            running = session.scalars(select(JobRow).where(JobRow.state == "running")).all()
        dead = self._presence.gone({row.runner for row in running if row.runner is not None})
        recovered = 0
        for row in running:
            if row.runner is not None and row.runner not in dead:
                continue
            spent = row.attempt >= self._most_attempts
            said = {"error": f"The server stopped {row.attempt} times while it ran this job."} if spent else None
            with self._database.writing() as session, session.begin():
                recovered += change_state(session, row.id, "failed" if spent else "queued", said, row.attempt)
        return recovered

    def forget(self, before: datetime) -> int:
        """Drop the rows of jobs that ended before then; their pictures stay. The number of jobs dropped."""
        with self._database.writing() as session, session.begin():
            old = delete(JobRow).where(JobRow.state.in_(ENDED), JobRow.ended < before)
            return len(session.execute(old.returning(JobRow.id)).all())


def change_state(
    session: Session, id: str, state: State, result: Mapping[str, Any] | None, attempt: int | None
) -> bool:
    """Within a transaction: change the state of a job that has not ended, and was not begun again after
    `attempt`. Whether it did."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "state": state,
        "result": None if result is None else jsonable(result, "result"),
        "ended": now if state in ENDED else None,
    }
    if state == "queued":
        values["runner"] = None
    change = update(JobRow).where(JobRow.id == id, JobRow.state.in_(UNFINISHED)).values(**values)
    if attempt is not None:
        change = change.where(JobRow.attempt == attempt, JobRow.state == "running")
    return session.execute(change.returning(JobRow.id)).first() is not None


def _row(session: Session, id: str, owner: str | None = None) -> JobRow:
    row = session.get(JobRow, id)
    if row is None or (owner is not None and row.owner != owner):
        raise NotFoundError(f"There is no job {id!r}.")
    return row


def job_of(row: JobRow) -> Job:
    """The job that a row says."""
    return Job(
        id=row.id,
        owner=row.owner,
        kind=row.kind,
        request=row.request,
        state=row.state,  # type: ignore[arg-type]
        result=row.result,
        attempt=row.attempt,
        created=row.created,
        started=row.started,
        ended=row.ended,
    )
