"""Captions of scenes with words in them: quoted, and said the way people ask for lettering.

Everything around the words is said as in any other scene. Knows no pixels.
"""

from __future__ import annotations

import numpy as np

from allaprima.scene import captions, nouns
from allaprima.scene import vocabulary as words
from allaprima.scene.truth import Lettering, Truth

COLOUR_SAID_SHARE = {True: 0.6, False: 0.35}  # dense, short
QUOTES = (('"', '"', 0.66), ("'", "'", 0.12), ("“", "”", 0.18), ("‘", "’", 0.04))
SAYS = ("that says", "saying", "with the words", "that reads", "reading", "with the text", "with", "titled")
CARRIERS: dict[str, tuple[str, ...]] = {
    "sign": ("sign", "sign", "signboard", "board"),
    "wooden sign": ("wooden sign", "wooden sign", "wooden board"),
    "banner": ("banner", "banner", "ribbon"),
    "plate": ("plate", "label", "badge", "button"),
    "bubble": ("speech bubble", "speech bubble", "bubble"),
}


def write(truth: Truth, rng: np.random.Generator) -> tuple[str, str]:
    """The dense and the short caption of a scene whose truth has lettering."""
    lettering = truth.lettering
    if lettering is None:
        raise ValueError("this scene has no lettering to write about")
    return _caption(truth, lettering, rng, dense=True), _caption(truth, lettering, rng, dense=False)


def _caption(truth: Truth, lettering: Lettering, rng: np.random.Generator, *, dense: bool) -> str:
    what = _what(truth, lettering, rng, dense=dense)
    if lettering.place == "alone":
        where = captions.where(truth, rng) if dense or rng.random() < 0.3 else ""
        return f"{what} {where}".strip()
    if truth.objects:
        body = _beside(truth, lettering, what, rng, rich=dense)
        around = dense or rng.random() < 0.3
        if around and len(body.split()) < 18:
            body = " ".join([body, captions.where(truth, rng)])
        if truth.style is not None and len(body.split()) < 20 and rng.random() < (0.85 if dense else 0.3):
            return captions.styled(body, words.STYLES[truth.style], rng)
        return body
    place = rng.random()
    if place < 0.7:
        surroundings = [captions.where(truth, rng), *captions.hour_and_weather(truth, rng, always=dense)]
        body = " ".join([what, *surroundings])
    else:
        body = f"{captions.pure(truth, rng)} with {what}"
    if dense and len(body.split()) < 20 and rng.random() < 0.6:
        return captions.styled(body, words.LOOKS[truth.look], rng)
    return body


def quoted(text: str, rng: np.random.Generator) -> str:
    """The text in quotes of one kind or another, most often straight double ones."""
    place, before = rng.random(), 0.0
    for left, right, share in QUOTES:
        before += share
        if place < before:
            return f"{left}{text}{right}"
    return f'"{text}"'


def _what(truth: Truth, lettering: Lettering, rng: np.random.Generator, *, dense: bool) -> str:
    """The words as a thing: 'a red sign that says "STOP"', 'the word "fox" in blue letters'."""
    text = quoted(lettering.text, rng)
    colour = ""
    if rng.random() < COLOUR_SAID_SHARE[dense]:
        colour = captions.one(words.COLOURS[lettering.colour], rng, plain=0.9)
    stuff = captions.one(("letters", "lettering", "text"), rng, plain=0.7)
    if lettering.carrier is not None:
        noun = captions.one(CARRIERS[lettering.carrier], rng, plain=0.4)
        said = lettering.carrier_colour is not None and rng.random() < (0.6 if dense else 0.35)
        if said and lettering.carrier != "wooden sign" and lettering.carrier_colour is not None:
            noun = f"{captions.one(words.COLOURS[lettering.carrier_colour], rng, plain=0.9)} {noun}"
        body = f"{nouns.article(noun)} {_says(lettering, rng)} {text}"
        return f"{body} in {colour} {stuff}" if colour else body
    kind = rng.random()
    named = {"number": "the number", "letters": "the letters"}.get(lettering.kind, "the word")
    if len(lettering.lines) > 1 or (lettering.kind == "letters" and rng.random() < 0.5):
        named = "the words" if len(lettering.lines) > 1 else "the text"
    if lettering.kind == "letters" and len(lettering.text) == 1:
        named = "the letter"
    big = "big " if rng.random() < 0.2 else ""
    if kind < 0.55:
        return f"{named} {text} in {big}{colour} {stuff}" if colour else f"{named} {text}"
    if kind < 0.75:
        return f"{text} in {big}{colour} {stuff}" if colour else f"{text} in {big or 'large '}{stuff}"
    if kind < 0.9:
        return f"{text} written in {colour}" if colour else f"text that says {text}"
    verb = captions.one(("that says", "saying", "that reads", "reading"), rng, plain=0.4)
    return f"{colour} text {verb} {text}".strip()


def _says(lettering: Lettering, rng: np.random.Generator) -> str:
    verb = captions.one(SAYS, rng, plain=0.4)
    if verb == "titled" and lettering.place != "alone":
        verb = "that says"
    return "with the word" if verb == "with the words" and len(lettering.lines) == 1 else verb


def _beside(truth: Truth, lettering: Lettering, what: str, rng: np.random.Generator, *, rich: bool) -> str:
    """A thing and the words above or below it."""
    thing = captions.subject(truth, rng, rich=rich)
    above = lettering.place == "above"
    kind = rng.random()
    if lettering.carrier == "bubble" and kind < 0.5:
        return f"{thing} saying {quoted(lettering.text, rng)}"
    if kind < 0.35:
        side = ("above it", "above", "over it") if above else ("below it", "below", "under it")
        return f"{thing} with {what} {captions.one(side, rng)}"
    if kind < 0.6:
        return f"{what} {'above' if above else 'below'} {thing}"
    if kind < 0.75:
        return f"{thing} {captions.one(('below', 'under') if above else ('above', 'over'), rng)} {what}"
    return f"{thing} with {what}" if lettering.carrier is not None or kind < 0.9 else f"{thing} and {what}"
