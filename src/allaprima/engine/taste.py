"""Taste: profiles that were learned from favourites, and what they do to the meaning of a prompt.

A profile is a direction [d] in the space of token states: where the words of favourites lie, seen from others. With
`--p` it is added to every word's state. A recipe keeps the direction itself, so that its picture can be painted again
after the profile changed. Reading only: the studio makes them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import settings
from allaprima.errors import UserError

Array = NDArray[np.float32]

FORMAT = 1
DEFAULT = "default"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Profile:
    """A direction [d] of token states for the text encoder of that sha256, and of how many pictures it was made."""

    name: str
    direction: Array
    encoder: str
    liked: int
    others: int


def folder() -> Path:
    """Where profiles lie; it may not exist."""
    return settings.home() / "profiles"


def named(name: str) -> Path:
    """The file of a profile. Raises UserError for what is no name."""
    if not NAME.fullmatch(name.lower()):
        raise UserError(f"A profile is called by letters, digits, - and _, at most 40, not {name!r}.")
    return folder() / f"{name.lower()}.json"


def read(name: str) -> Profile:
    """The profile of that name. Raises UserError when there is none, or it is damaged."""
    path = named(name)
    try:
        told = json.loads(path.read_bytes())
        if int(told["format"]) > FORMAT:
            raise UserError(f"The profile {name} is of a newer version: pip install --upgrade allaprima.")
        return Profile(str(told["name"]), unpacked(str(told["direction"])), str(told["encoder"]), int(told["liked"]),
                       int(told["others"]))  # fmt: skip
    except FileNotFoundError:
        raise UserError(
            f"No profile is called {name!r}: make one with allaprima profile make {name} FILES, or --favourites."
        ) from None
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"The profile {name} is damaged ({error}): make it again.") from error


def mixed(profiles: Sequence[tuple[Profile, float]], strength: float) -> dict[str, Any]:
    """What a request takes: the weighed mean of profiles, `strength` times. Raises UserError for different encoders."""
    encoders = {profile.encoder for profile, _ in profiles}
    if len(encoders) != 1:
        raise UserError("These profiles were made with different models: make them again with the one in use.")
    total = sum(abs(weight) for _, weight in profiles) or 1.0
    direction = sum((weight / total) * profile.direction for profile, weight in profiles)
    return {
        "profiles": [profile.name for profile, _ in profiles],
        "encoder": encoders.pop(),
        "direction": packed(np.asarray(strength * direction, np.float32)),
    }


def checked(taste: Mapping[str, Any]) -> dict[str, Any]:
    """What `mixed` gave, perhaps long ago. Raises UserError when it is not that."""
    try:
        unpacked(str(taste["direction"]))
        return {"profiles": [str(each) for each in taste["profiles"]], "encoder": str(taste["encoder"]),
                "direction": str(taste["direction"])}  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"This is no profile's direction: {error}.") from error


def followed(states: Array, mask: Array, taste: Mapping[str, Any] | None, encoder: str) -> Array:
    """Token states [k, l, d] with a direction added to every word's. Raises UserError for another model's direction."""
    if taste is None:
        return states
    direction = unpacked(str(taste["direction"]))
    if taste["encoder"] != encoder or direction.shape != states.shape[2:]:
        names = ", ".join(taste["profiles"])
        raise UserError(f"The profile {names} was made with another model's text encoder: make it again with this one.")
    return np.asarray(states + mask[..., None] * direction, np.float32)


def packed(direction: Array) -> str:
    """A direction as text, in half precision."""
    return base64.b64encode(direction.astype("<f2").tobytes()).decode("ascii")


def unpacked(text: str) -> Array:
    """A direction [d] of its text. Raises ValueError."""
    direction = np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
    if not len(direction) or not np.isfinite(direction).all():
        raise ValueError("a direction is finite numbers")
    return direction
