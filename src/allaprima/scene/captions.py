"""A scene's truth put into the words people type: one dense caption, one short.

The dense caption states everything that varies and fits the text encoder's 32 tokens; the short one keeps
what a hurried person would type. Nothing is said that the truth does not hold. It knows no pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allaprima.scene import nouns
from allaprima.scene import vocabulary as words
from allaprima.scene.truth import SceneObject, Truth

SYNONYM_SHARE = 0.25  # of drawings with another name: about 15 % of those people name most
NOISE_SHARE = 0.05
WORDS_MOST = 25  # of a dense caption: 32 tokens less begin, end and a few split words
PLAIN_WORD_SHARE = 0.5  # how often the first, plainest wording is taken

_PICTURE_NOUNS = frozenset(
    ("illustration", "drawing", "render", "icon", "cartoon", "picture", "painting", "sketch", "doodle")
    + ("emoji", "symbol", "stencil", "background", "wallpaper", "landscape")
)
_UNCOUNTED_VIEWS = frozenset(
    {"outer space", "space with stars and planets", "countryside with hills", "woods"}
)
_UNCOUNTED = frozenset({"art", "clipart", "colors", "gradients", "design", "3d", "ink", "flat", "painterly"})


def write(truth: Truth, rng: np.random.Generator) -> tuple[str, str]:
    """The dense and the short caption, mostly lower case; one in twenty has a person's odd casing or full
    stop.
    """
    if truth.objects:
        dense, short = _with_objects(truth, rng), _short_with_objects(truth, rng)
    else:
        dense, short = _pure(truth, rng, dense=True), _pure(truth, rng, dense=False)
    return _noise(dense, rng), _noise(short, rng)


# --- scenes with objects --------------------------------------------------------------------------


def _with_objects(truth: Truth, rng: np.random.Generator) -> str:
    parts = [subject(truth, rng, rich=True)]
    place = where(truth, rng)
    if place:
        parts.append(place)
    parts += hour_and_weather(truth, rng, always=True)
    body = " ".join(parts)
    if truth.scenery in {"plain", "pattern"} or rng.random() < 0.35:
        look = None
    else:
        look = one(words.LOOK_BACKGROUNDS[truth.look], rng)
    if truth.style == "mixed":
        return _joined(body, look)
    return _joined(styled(body, words.STYLES[truth.style or ""], rng), look)


def _short_with_objects(truth: Truth, rng: np.random.Generator) -> str:
    body = subject(truth, rng, rich=rng.random() < 0.3)
    tail: list[str] = []
    if truth.scenery not in {"plain", "pattern"} and rng.random() < 0.65:
        tail.append(where(truth, rng))
        if rng.random() < 0.5:
            tail += hour_and_weather(truth, rng, always=False)
    body = " ".join([body, *tail])
    if truth.style not in {None, "mixed"} and rng.random() < 0.45:
        return styled(body, words.STYLES[truth.style or ""], rng)
    return body


def subject(truth: Truth, rng: np.random.Generator, *, rich: bool) -> str:
    """The objects: "two small cats", "a red fox to the left of an owl", "a cup, a pen and a book"."""
    phrases = []
    start = 0
    for group, count in enumerate(truth.counts):
        obj = truth.objects[start]
        said = group < len(truth.colour_said) and truth.colour_said[group]
        style = (
            words.STYLE_ADJECTIVES[obj.style]
            if truth.style == "mixed" and (rich or rng.random() < 0.5)
            else ""
        )
        phrases.append(
            _thing(obj, count, said and (rich or obj.recoloured_from is not None), style, rng, rich)
        )
        start += count
    if len(phrases) == 2 and truth.relation:
        link = one(words.RELATIONS[truth.relation], rng)
        return f"{phrases[0]} {link} {phrases[1]}"
    return _listed(phrases)


def _thing(
    obj: SceneObject, count: int, say_colour: bool, style: str, rng: np.random.Generator, rich: bool
) -> str:
    name = nouns.spoken(obj.word or obj.name)
    named = nouns.colour_in(name)
    colour = ""
    if obj.recoloured_from is not None and named and named != obj.colour:
        name = nouns.without_colour(name)
        named = None
    if say_colour and obj.colour and not named:
        colour = one(words.COLOURS[obj.colour], rng, plain=0.85)
    size = one(words.SIZES[obj.size], rng) if obj.size and (rich or rng.random() < 0.6) else ""
    adjectives = " ".join(part for part in (size, colour, style) if part)
    if count == 1:
        return nouns.singular(name, adjectives)
    number = one(words.COUNTS[count], rng, plain=0.7)
    return " ".join(part for part in (number, adjectives, nouns.plural(name)) if part)


def where(truth: Truth, rng: np.random.Generator) -> str:
    place = one(words.PLACES[truth.scenery], rng)
    if truth.scenery in {"plain", "pattern"} and truth.backdrop_colour:
        colour = one(words.COLOURS[truth.backdrop_colour], rng, plain=0.9)
        kind = rng.random()
        if truth.scenery == "pattern":
            return f"on {nouns.article(f'{colour} patterned background')}"
        return f"on {nouns.article(f'{colour} background' if kind < 0.7 else f'plain {colour} background')}"
    return place


def hour_and_weather(truth: Truth, rng: np.random.Generator, *, always: bool) -> list[str]:
    """The time and weather phrases of a scene that has them."""
    if truth.scenery in {"space", "underwater", "plain", "pattern", "room"}:
        shown = truth.scenery == "room" and truth.time_of_day != "day"
        return [one(words.TIME_PHRASES[truth.time_of_day], rng)] if shown else []
    found = []
    if truth.weather is None:
        by_sky = rng.random() < 0.45 and truth.scenery not in {"sky", "forest"}
        if truth.time_of_day != "day" or by_sky or (always and rng.random() < 0.6):
            found.append(one((words.TIME_SKIES if by_sky else words.TIME_PHRASES)[truth.time_of_day], rng))
        return found
    if truth.time_of_day != "day" or (always and rng.random() < 0.3):
        found.append(one(words.TIME_PHRASES[truth.time_of_day], rng))
    phrases = words.WEATHER_PHRASES[truth.weather]
    if truth.time_of_day != "day":
        phrases = tuple(phrase for phrase in phrases if "day" not in phrase)
    found.append(one(phrases, rng))
    return found


# --- pure scenery ---------------------------------------------------------------------------------


def pure(truth: Truth, rng: np.random.Generator) -> str:
    """The scenery as a thing, no style said: "a calm lake at dusk"."""
    outdoors = truth.scenery not in {"space", "underwater", "plain", "pattern", "room"}
    return _view(truth, one(words.VIEWS[truth.scenery], rng), rng, outdoors)


def _pure(truth: Truth, rng: np.random.Generator, *, dense: bool) -> str:
    """Scenery alone: "a serene sunset over the ocean", "a large green field with a blue sky"."""
    outdoors = truth.scenery not in {"space", "underwater", "plain", "pattern", "room"}
    view = one(words.VIEWS[truth.scenery], rng)
    body = _hour_over(truth, view, rng) if outdoors and rng.random() < 0.3 else None
    if body is None:
        body = _view(truth, view, rng, outdoors)
    if rng.random() < (0.8 if dense else 0.3):
        return styled(body, words.LOOKS[truth.look], rng)
    return body


def _hour_over(truth: Truth, view: str, rng: np.random.Generator) -> str | None:
    """The hour as the subject: "a beautiful sunset over the ocean", "a foggy night in the mountains"."""
    if truth.time_of_day == "day":
        return None
    hour = words.TIMES[truth.time_of_day][0] if rng.random() < 0.8 else words.TIMES[truth.time_of_day][1]
    mood = _mood(truth, rng) if rng.random() < 0.7 else ""
    if truth.time_of_day == "night" and truth.weather is None and rng.random() < 0.4:
        hour = "starry night"
    noun = one(words.SCENERIES[truth.scenery], rng)
    if truth.scenery in {"snow", "sky"}:
        noun = words.VIEWS["snow"][0] if truth.scenery == "snow" else "clouds"
    over = truth.time_of_day in {"sunset", "sunrise"} or rng.random() < 0.4
    place = f"over {_the(noun, rng)}" if over else words.PLACES[truth.scenery][int(rng.integers(2))]
    body = f"{nouns.article(f'{mood} {hour}'.strip())} {place}"
    return _with_weather(body, truth, rng, mood)


def _view(truth: Truth, view: str, rng: np.random.Generator, outdoors: bool) -> str:
    adjectives = []
    mood = ""
    if outdoors and rng.random() < 0.55:
        mood = _mood(truth, rng)
        adjectives.append(mood)
    own = one(words.VIEW_ADJECTIVES[truth.scenery], rng, plain=0.0)
    # An adjective that the noun already says ("sandy sandy beach") is left out.
    if rng.random() < 0.6 and not set(own.split()) & set(view.split()) and own not in adjectives:
        adjectives.append(own)
    if truth.backdrop_colour:
        adjectives.append(one(words.COLOURS[truth.backdrop_colour], rng, plain=0.9))
    body = " ".join([*adjectives, view])
    if view not in _UNCOUNTED_VIEWS and not nouns.is_plural(view):
        definite = view in {"ocean", "sea", "sky"} and not adjectives
        body = f"the {view}" if definite else nouns.article(body)
    if not outdoors:
        # A room's window shows the hour.
        hour = truth.scenery == "room" and truth.time_of_day != "day"
        return f"{body} {one(words.TIME_PHRASES[truth.time_of_day], rng)}" if hour else body
    if truth.weather is None:
        skies = rng.random() < 0.5 and truth.scenery not in {"sky", "forest"}
        table = words.TIME_SKIES if skies else words.TIME_PHRASES
        if truth.time_of_day != "day" or skies or rng.random() < 0.3:
            body = f"{body} {one(table[truth.time_of_day], rng)}"
        return body
    if truth.time_of_day != "day" or rng.random() < 0.3:
        body = f"{body} {one(words.TIME_PHRASES[truth.time_of_day], rng)}"
    return _with_weather(body, truth, rng, mood)


def _with_weather(body: str, truth: Truth, rng: np.random.Generator, mood: str) -> str:
    """The weather said after, unless the adjective has said it."""
    if truth.weather is None or (mood and truth.weather != "rainbow" and rng.random() < 0.88):
        return body
    phrases = words.WEATHER_PHRASES[truth.weather]
    if truth.time_of_day != "day":
        phrases = tuple(phrase for phrase in phrases if "day" not in phrase)
    return f"{body} {one(phrases, rng)}"


def _mood(truth: Truth, rng: np.random.Generator) -> str:
    """An adjective of the weather, never against it."""
    calm = truth.weather or "clear"
    if calm == "clear" and truth.scenery in {"volcano", "waterfall", "city"}:
        return one(("beautiful", "stunning", "scenic"), rng)
    return one(words.WEATHER_ADJECTIVES[calm], rng)


# --- wording --------------------------------------------------------------------------------------


def styled(body: str, tags: Sequence[str], rng: np.random.Generator) -> str:
    """The style before ("a pixel art picture of ...") or after ("..., pixel art", "... in pixel art
    style").
    """
    tag = one(tags, rng)
    last = tag.split()[-1]
    kind = rng.random()
    if kind < 0.42 and not tag.startswith("rendered"):
        if last in _UNCOUNTED and last in {"art", "clipart"} and rng.random() < 0.4:
            return f"{tag} of {body}"
        if last in _PICTURE_NOUNS and last not in _UNCOUNTED:
            return f"{nouns.article(tag)} of {body}"
        if last not in {"style", "3d", "look"} and last.endswith(("s", "ed", "in")):
            return f"{body}, {tag}"
        noun = one(("picture", "image", "drawing", "illustration"), rng)
        return f"{nouns.article(f'{tag} {noun}')} of {body}"
    if kind < 0.8:
        return f"{body}, {tag}"
    if tag.startswith("rendered"):
        return f"{body} {tag}"
    if last in {"style", "3d", "colors", "gradients", "look"} or tag.startswith("pen"):
        return f"{body} in {tag}"
    return f"{body} in {tag} style"


def _joined(caption: str, extra: str | None) -> str:
    """The caption with an extra clause when it still fits."""
    if extra is None or len(caption.split()) + len(extra.split()) > WORDS_MOST:
        return caption
    return f"{caption}, {extra}"


def _listed(phrases: Sequence[str]) -> str:
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"


def _the(noun: str, rng: np.random.Generator) -> str:
    if nouns.is_plural(noun) or noun in {
        "outer space",
        "ocean",
        "sea",
        "sky",
        "beach",
        "city",
        "desert",
        "forest",
    }:
        return f"the {noun}"
    return nouns.article(noun) if rng.random() < 0.5 else f"the {noun}"


def one(options: Sequence[str], rng: np.random.Generator, plain: float = PLAIN_WORD_SHARE) -> str:
    """One wording: the first, plainest one with this share, else any."""
    place = 0 if rng.random() < plain else int(rng.integers(len(options)))
    return options[place]


def _noise(caption: str, rng: np.random.Generator) -> str:
    if rng.random() >= NOISE_SHARE:
        return caption
    kind = int(rng.integers(4))
    return (caption.capitalize(), f"{caption}.", caption.title(), caption.replace(",", "") + "!")[kind]
