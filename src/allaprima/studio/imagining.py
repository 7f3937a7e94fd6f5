"""`allaprima imagine` as it is installed: the engine's command, and the pictures that a prompt names are looked at.

What is asked for and printed is the engine's; a prompt that names pictures is painted by the operation `imagine`, one
picture unless more are asked for.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from allaprima.engine import commands
from allaprima.engine.commands import IMAGINE_SETTINGS
from allaprima.errors import UserError

if TYPE_CHECKING:
    from allaprima.engine.options import Options
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import Picture
    from allaprima.engine.request import Request
    from allaprima.engine.watching import Watcher
    from allaprima.engine.wish import Wish

__all__ = ["IMAGINE_SETTINGS", "imagine"]


@functools.wraps(commands.imagine)
def imagine(
    prompt: list[str], out: Path | None = None, bundle: Path | None = None, threads: int = 0,
    watch: bool | None = None, as_json: bool = False, **given: Any,
) -> None:  # fmt: skip
    flags = commands.flags(**given)
    commands.carry_out(
        " ".join(prompt), flags, functools.partial(_painted, flags), out=out, bundle=bundle, threads=threads,
        watch=watch, as_json=as_json, notes=_notes,
    )  # fmt: skip


def _painted(flags: Options, painter: Painter, wish: Wish, request: Request, watcher: Watcher) -> Sequence[Picture]:
    """The pictures of a wish, from its words or from the pictures it names as well."""
    if not wish.names_pictures:
        return commands.painted(painter, wish, request, watcher)
    from allaprima.prompt import parse
    from allaprima.studio import operations
    from allaprima.studio.command_output import find_picture
    from allaprima.studio.operations import grid

    if flags.get("solver", "euler") != "euler":
        raise UserError("A prompt that names pictures is painted with the solver euler: leave --solver away.")
    job = parse(wish.text).jobs[0]
    words = replace(job, parameters=job.parameters.without("repeat")).canonical  # each turn is a wish of its own
    parents, roles = grid.collect(words, find_picture)
    watcher.say("painting from pictures")
    asked = {
        "guidance": flags.get("guidance_scale"), "memory": flags.get("memory"), "style": flags.get("style"),
        "steps": flags.get("steps"), "negative": flags.get("negative") or None, "width": flags.get("width"),
        "height": flags.get("height"),
    }  # fmt: skip
    made = operations.perform(
        painter, "imagine", parents, prompt=words, roles=roles, seed=request.seed, count=request.count,
        **{name: value for name, value in asked.items() if value is not None},
    )  # fmt: skip
    for note in made[0].recipe.get("notes", ()):
        if note not in wish.notes:
            print(f"allaprima: {note}", file=sys.stderr)
    return made


def _notes(wish: Wish) -> Sequence[str]:
    from allaprima.engine.wish import NOTE_PICTURES

    return [note for note in wish.notes if note != NOTE_PICTURES]
