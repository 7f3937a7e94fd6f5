"""Keeping what clients of other APIs have painted: in the gallery of whoever asked, with its recipe.

These pictures are handed over in the answer, so there is no job to be carried out later: what is painted is kept, and
when that fails it is handed over all the same. Knows nothing of the APIs' shapes.
"""

from __future__ import annotations

import asyncio

from fastapi import Request

from allaprima.gallery.gallery import Gallery
from allaprima.server import log
from allaprima.server.metrics import Metrics
from allaprima.studio.configuration import number
from allaprima.studio.studio import JobRecord, Studio


class Keeping:
    """The studio's keeper of one server's commissions."""

    def __init__(self, studio: Studio, gallery: Gallery, metrics: Metrics) -> None:
        self._studio, self._gallery, self._metrics = studio, gallery, metrics

    async def started(self, record: JobRecord) -> bool:
        """It may always go on."""
        return True

    async def painted(self, record: JobRecord) -> None:
        """Keep the pictures as they were painted, before they are cut to the size that was asked for."""
        try:
            words = [str(made.picture.recipe.get("prompt") or record.request["prompt"]) for made in record.pictures]
            vectors = await self._studio.meaning([each or "picture" for each in words])
            entries = []
            for made, said, vector in zip(record.pictures, words, vectors, strict=True):
                entry = await asyncio.to_thread(
                    self._gallery.keep, made.png, recipe=made.picture.recipe, owner=record.owner, words=said,
                    vector=vector,
                )  # fmt: skip
                entries.append(entry.id)
            record.place(entries)
        except Exception as error:  # a full disk must not cost the caller the picture
            log.event("not kept", id=record.id, kind=record.kind, error=str(error))

    async def ended(self, record: JobRecord) -> None:
        """It is over, however it ended."""
        self._metrics.jobs.labels(record.kind, record.state).inc()
        log.event("job over", id=record.id, state=record.state, pictures=len(record.pictures))


def keeper(request: Request) -> Keeping | None:
    """Who keeps the pictures of this request; None without a gallery, or where the setting says so."""
    state = request.app.state
    if state.gallery is None or not number("keep_compatible"):
        return None
    return Keeping(state.studio, state.gallery, state.metrics)
