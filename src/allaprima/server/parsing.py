"""What is understood of a prompt while it is typed: its marks for colouring, and each parameter with its meaning.

Answers for prompts with a mistake, too: half of what people have typed is one. Thin: reading is the prompt room's.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from allaprima.prompt import TABLE, PromptMistake, parse
from allaprima.prompt.marking import Kind, marks
from allaprima.prompt.parameters import BY_NAME
from allaprima.server.answers import WRONG, Mistake

router = APIRouter(prefix="/api", tags=["studio"])


class UnderstandWish(BaseModel):
    """A prompt as far as it is typed."""

    prompt: str = Field(max_length=2000)


class MarkView(BaseModel):
    """Characters `start` to `end`, counted in Unicode code points, and what they are."""

    start: int
    end: int
    kind: Kind
    name: str = Field(description="the parameter's long name; empty for anything else")


class ParameterView(BaseModel):
    """A parameter that the first of the prompt's jobs has been given."""

    name: str
    value: Any = Field(description="typed: a number, true, a name, a list")
    meaning: str
    here: str = Field(description="what it does in this studio")
    range: str
    idle: bool = Field(description="true where it has no effect here")


class Understood(BaseModel):
    """A prompt as it is read."""

    marks: list[MarkView]
    jobs: int = Field(description="how many prompts the permutations make; 0 with a mistake")
    text: list[dict[str, Any]] = Field(description="the first job's parts: text, weight, normalised")
    images: list[dict[str, Any]] = Field(description="the first job's pictures: ref, weight")
    parameters: list[ParameterView]
    warnings: list[str]
    error: Mistake | None


@router.post("/understand", responses=WRONG)
def understand(wish: UnderstandWish) -> Understood:
    """What is understood of a prompt: where its grammar stands, what it says, and what is wrong with it."""
    found = [MarkView(start=each.start, end=each.end, kind=each.kind, name=each.name) for each in marks(wish.prompt)]
    try:
        parsed = parse(wish.prompt)
    except PromptMistake as mistake:
        told = Mistake(
            message=mistake.message, kind=mistake.kind, position=mistake.position, suggestion=mistake.suggestion
        )
        return Understood(marks=found, jobs=0, text=[], images=[], parameters=[], warnings=[], error=told)
    first = parsed.jobs[0].to_json()
    return Understood(
        marks=found, jobs=len(parsed.jobs), text=first["text"], images=first["images"],
        parameters=[_parameter(row.name, first["parameters"]) for row in TABLE if row.name in first["parameters"]],
        warnings=list(parsed.warnings), error=None,
    )  # fmt: skip


def _parameter(name: str, values: dict[str, Any]) -> ParameterView:
    row = BY_NAME[name]
    return ParameterView(
        name=name, value=values[name], meaning=row.meaning, here=row.here, range=row.range, idle=row.idle is not None
    )
