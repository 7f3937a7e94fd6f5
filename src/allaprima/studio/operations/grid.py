"""Imagine: a prompt becomes a grid of four, with the pictures that the prompt refers to looked at.

Pictures before the words are where the painting begins; character and object references are cut out and play the
things that the words name; style references give their colours and contrasts, and where they were painted here in one
style, that too. Who finds a picture by its reference is the caller's: files on the command line, the gallery's in the
server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine import collage, lettering, reading, recall
from allaprima.engine.library import Match
from allaprima.engine.painter import Painter
from allaprima.engine.picture import Picture
from allaprima.engine.recall import Recalled
from allaprima.engine.sitting import Sitting
from allaprima.engine.wish import NOTE_PICTURES, is_picture
from allaprima.errors import UserError
from allaprima.prompt import parse
from allaprima.scene import vocabulary
from allaprima.studio.operations import derived, latents, memory, walking, words
from allaprima.studio.operations.guests import Company, Guest, guest
from allaprima.studio.operations.memory import Placed
from allaprima.studio.painting import Unit

Array = NDArray[np.float32]
Find = Callable[[str], Picture]

ROLES = ("image", "edit", "style", "character", "object")
MOST_PICTURES = 16
# A picture before the words leaves this much to the painter at --iw 1, and at --iw 3.
_LEFT_AT_ONE, _LEFT_AT_THREE = 0.88, 0.6
_EDIT = 0.65
_STYLE = 0.6  # how far colours and contrasts go over to the style reference's at --sw 100
NOTE_STYLE = "A style reference gives its colours and contrasts; its strokes are not learned yet."
NOTE_PAINTED = "The style reference was painted here in the style {style}; so is this, with its colours and contrasts."
NOTE_WHOLE = "The reference {name} has no flat backdrop, so it is shown to the painter as a whole rectangle."
NOTE_WEIGHT = "--cw and --ow shorten the time for which the painter is shown the reference."


def collect(prompt: str, find: Find) -> tuple[list[Picture], list[dict[str, Any]]]:
    """The pictures that a prompt refers to, and what each is for: {"role", "weight", "ref"}.

    Raises what `find` raises, PromptError, and UserError for permutations and for too many pictures.
    """
    jobs = parse(prompt).jobs
    if len(jobs) != 1:
        raise UserError(f"One prompt is wanted here, and this one makes {len(jobs)}: choose one.")
    asked = jobs[0].parameters
    strength = {"image": asked.iw, "style": asked.sw / 100, "character": asked.cw / 100, "object": asked.ow / 100}
    groups = {"image": jobs[0].images, "edit": asked.edit, "style": asked.sref, "character": asked.cref,
              "object": asked.oref}  # fmt: skip
    pictures, roles = [], []
    for role, references in groups.items():
        for each in references:
            if role in ("image", "edit") or is_picture(each.ref):
                pictures.append(find(each.ref))
                weight = each.weight * strength.get(role, 1.0)
                roles.append({"role": role, "weight": round(weight, 4), "ref": each.ref})
    if len(pictures) > MOST_PICTURES:
        raise UserError(f"A prompt may refer to {MOST_PICTURES} pictures, and this one refers to {len(pictures)}.")
    return pictures, roles


def beside(strength: float, references: int) -> list[dict[str, Any]]:
    """The roles of a picture that is edited by `strength` (0 keeps it, 1 follows the words) and of so many others,
    which play the things that the words name."""
    edited = {"role": "edit", "weight": round(strength / _EDIT, 4), "ref": "image"}
    return [edited, *({"role": "object", "weight": 1.0, "ref": f"image {n + 2}"} for n in range(references))]


def resolve(painter: Painter, parents: Sequence[Picture], given: Mapping[str, Any]) -> dict[str, Any]:
    """A prompt, and `roles` for the pictures it refers to, as `collect` finds them."""
    if not given.get("prompt"):
        raise UserError('imagine needs a prompt, as in "a red fox in the snow".')
    roles = [dict(each) for each in given.get("roles") or []]
    if len(roles) != len(parents):
        raise UserError(f"imagine needs a role for each picture: {len(parents)} pictures, {len(roles)} roles.")
    said = words.settled(painter, {}, {"count": 4, **given})
    # What the engine alone would have said of pictures is not so here.
    notes = [note for note in said["notes"] if note != NOTE_PICTURES]
    kinds = {each["role"] for each in roles}
    if "style" in kinds:
        style = _shared_style(parents, roles)
        if style is None or said["options"].get("style") or reading.read(str(given["prompt"])).style:
            notes.append(NOTE_STYLE)
        else:
            said["options"]["style"] = style
            notes.append(NOTE_PAINTED.format(style=style))
    if any(each["role"] in ("character", "object") and each["weight"] != 1.0 for each in roles):
        notes.append(NOTE_WEIGHT)
    size = [given.get("width") or said["size"][0], given.get("height") or said["size"][1]]
    if "edit" in kinds and said["size"] == [None, None]:
        first = next(index for index, each in enumerate(roles) if each["role"] == "edit")
        size = list(latents.native_size(parents[first].pixels))
    return {**said, "notes": notes, "roles": roles, "size": size}


def work(painter: Painter, parents: Sequence[Picture], arguments: Mapping[str, Any]) -> Iterator[Unit]:
    """The units of a grid."""
    by_role: dict[str, list[tuple[Picture, float, str]]] = {}
    for parent, each in zip(parents, arguments["roles"], strict=True):
        by_role.setdefault(each["role"], []).append((parent, float(each["weight"]), str(each["ref"])))
    width, height = arguments["size"]
    sitting = words.prepared(painter, arguments, width, height)
    notes = list(arguments["notes"])
    cast = [(guest(parent, _called(ref)), weight) for parent, weight, ref in
            (*by_role.get("character", []), *by_role.get("object", []))]  # fmt: skip
    if cast:
        notes += [NOTE_WHOLE.format(name=each.drawing.name) for each, _ in cast if each.is_whole]
        sitting = _with_guests(painter, sitting, [each for each, _ in cast], min(weight for _, weight in cast))
    sitting = _begun_from(painter, sitting, by_role)
    look = None
    if styles := by_role.get("style"):
        encoded = latents.framed(painter, sitting, [parent.pixels for parent, _, _ in styles])
        shares = np.asarray([max(weight, 0.0) for _, weight, _ in styles], np.float32)
        if shares.sum() > 0.0:
            look = walking.Look.of(encoded, shares / shares.sum(), min(_STYLE * float(shares.mean()), 1.0))

    def finish(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
        return tuple(derived.painted(each, "imagine", arguments, parents, notes) for each in pictures)

    yield from walking.paint(painter, sitting, finish, stop=arguments["stop"], look=look)


def sheet(pictures: Sequence[Picture]) -> NDArray[np.uint8]:
    """A grid of pictures as one, two beside each other: uint8 [h, w, 3]."""
    columns = 1 if len(pictures) == 1 else 2 if len(pictures) <= 4 else 4
    width, height = max(each.width for each in pictures), max(each.height for each in pictures)
    rows = -(-len(pictures) // columns)
    whole = Image.new("RGB", (columns * width, rows * height), (255, 255, 255))
    for index, each in enumerate(pictures):
        whole.paste(each.image, ((index % columns) * width, (index // columns) * height))
    return np.asarray(whole)


def _shared_style(parents: Sequence[Picture], roles: Sequence[Mapping[str, Any]]) -> str | None:
    """The one style of all pictures that are style references; None where they have several, or it is not known.

    Nothing here reads a style from pixels, but the recipe of a picture that was painted here tells it: the style asked
    for, or the one of all drawings that it was painted from.
    """
    found: set[str | None] = set()
    for parent, each in zip(parents, roles, strict=True):
        if each["role"] == "style" and each["weight"] > 0.0:
            drawn = {reference.get("style") for reference in parent.recipe.get("references", [])}
            asked = parent.recipe.get("style")
            found |= {asked} if asked else drawn or {None}
    style = found.pop() if len(found) == 1 else None
    return style if style in vocabulary.STYLES else None


def _begun_from(painter: Painter, sitting: Sitting, by_role: Mapping[str, list[tuple[Picture, float, str]]]) -> Sitting:
    """The sitting begun from the pictures before the words, or from the one to edit."""
    if edits := by_role.get("edit"):
        clean = latents.framed(painter, sitting, [edits[0][0].pixels])[0]
        return latents.started(painter, sitting, clean, min(max(_EDIT * edits[0][1], 0.02), 1.0))
    images = [(parent, weight) for parent, weight, _ in by_role.get("image", []) if weight > 0.0]
    if not images:
        return sitting
    encoded = latents.framed(painter, sitting, [parent.pixels for parent, _ in images])
    shares = np.asarray([weight for _, weight in images], np.float32)
    clean = np.tensordot(shares / shares.sum(), encoded, axes=1)
    strength = min(float(shares.mean()), 3.0)
    if strength <= 1.0:
        left = 1.0 - (1.0 - _LEFT_AT_ONE) * strength
    else:
        left = _LEFT_AT_ONE + (_LEFT_AT_THREE - _LEFT_AT_ONE) * (strength - 1.0) / 2.0
    return latents.started(painter, sitting, np.asarray(clean, np.float32), left)


def _with_guests(painter: Painter, sitting: Sitting, guests: Sequence[Guest], weight: float) -> Sitting:
    """Guests play the things that the words name, first come first served, and else stand beside them."""
    company = Company(painter.library, guests)
    placed: list[list[Placed]] = []
    letters = memory.letters_anew(sitting, memory.WHOLE)
    anew = memory.placed_anew(painter, sitting, memory.WHOLE)
    for seed, things, before in zip(sitting.seeds, anew, sitting.collages, strict=True):
        parts = [thing for thing, _ in things]
        for place, each in enumerate(guests):
            match = Match(each.drawing.concept, 1.0, each.drawing.name)
            if place < len(parts):
                parts[place] = replace(parts[place], match=match, drawing=each.drawing)
            else:
                parts.append(Recalled(each.drawing.name, match, 0, drawing=each.drawing))
        rng = np.random.Generator(np.random.PCG64([seed, 1]))
        relation = recall.relation(sitting.reading, parts)
        composed = collage.compose(parts, company, relation, sitting.reading.scenery, rng, sitting.shape)
        own = None if before is None else before.letters
        boxes = composed.boxes if own is None else lettering.beside(composed.boxes, own)
        placed.append(list(zip(parts, memory.in_square(boxes, sitting.shape), strict=True)))
    # A reference counts even where the words alone were asked for.
    shown = replace(sitting, memory=min(max(sitting.memory, 0.5) * max(weight, 0.0), 1.0))
    return memory.shown(painter, shown, placed, company, letters)


def _called(ref: str) -> str:
    """What a reference is called: its file's name without the rest."""
    return ref.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0] or ref
