"""The creator's operations: from pictures and a wish to new pictures, each with a recipe that repeats it.

    from allaprima.studio import operations

    picture = operations.open_picture("fox.png")
    four = operations.perform(painter, "vary", [picture], strength="subtle", seed=7)
    large = operations.perform(painter, "upscale", [four[0]], side=512)[0]
    assert operations.replay(painter, large.recipe).encode() == large.encode()

`TABLE` lists them with their arguments; `resolve` checks and completes the arguments, `work` gives the units of a job
for the scheduler. docs/operations.md shows all of it.
"""

from __future__ import annotations

from allaprima.studio.operations.describe import Description, describe
from allaprima.studio.operations.lineage import replay
from allaprima.studio.operations.pictures import from_bytes, open_picture
from allaprima.studio.operations.shorten import Shortened, shorten
from allaprima.studio.operations.table import TABLE, Argument, Operation, perform, resolve, steps_of, work
from allaprima.studio.operations.vector import vector

__all__ = [
    "TABLE",
    "Argument",
    "Description",
    "Operation",
    "Shortened",
    "describe",
    "from_bytes",
    "open_picture",
    "perform",
    "replay",
    "resolve",
    "shorten",
    "steps_of",
    "vector",
    "work",
]
