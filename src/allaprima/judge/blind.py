"""A blind two-choice sheet: pictures of two painters side by side in an order nobody sees, for eyes to choose from.

One HTML page that keeps the choices and gives them out as JSON; the order follows from the sheet's number. Knows
nothing of how the pictures were made.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from allaprima.errors import UserError
from allaprima.judge.intervals import Measure, of_mean
from allaprima.judge.page import STYLE, img
from allaprima.judge.quick import Pixels

FORMAT = 1
TILE = 192  # pixels
CHOICES = ("left", "right", "same")
_MORE = """
section { margin: 0 0 2.5rem } .pair { display: flex; gap: 1rem; flex-wrap: wrap }
button { font: inherit; padding: .4rem .9rem;
border: 1px solid #b8b2a6; border-radius: 4px; background: #fff; cursor: pointer; margin: .5rem .3rem 0 0 }
button[aria-pressed=true] { background: #1b5e7a; border-color: #1b5e7a; color: #fff }
p#state { position: sticky; top: 0;
background: #faf9f6; padding: .5rem 0 }
"""
_SCRIPT = """
const sheet = JSON.parse(document.getElementById('sheet').textContent);
const key = 'allaprima-blind-' + sheet.seed + sheet.sealed;
let choices = {};
try { choices = JSON.parse(localStorage.getItem(key)) || {}; } catch { choices = {}; }
function show() {
  for (const button of document.querySelectorAll('button[data-n]'))
    button.setAttribute('aria-pressed', String(choices[button.dataset.n] === button.dataset.choice));
  document.getElementById('state').firstChild.textContent =
    Object.keys(choices).length + ' of ' + sheet.pairs + ' chosen. ';
}
document.addEventListener('click', (event) => {
  const { n, choice } = event.target.dataset || {};
  if (n === undefined) return;
  choices[n] = choice;
  try { localStorage.setItem(key, JSON.stringify(choices)); } catch { /* the page still holds them */ }
  show();
});
document.getElementById('save').addEventListener('click', () => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ ...sheet, choices })], { type: 'application/json' }));
  link.download = 'choices.json';
  link.click();
});
show();
"""


@dataclass(frozen=True)
class Pair:
    """One prompt and its picture by each painter."""

    prompt: str
    a: Pixels
    b: Pixels


def is_turned(seed: int, place: int) -> bool:
    """Whether the pair at this place shows b on the left."""
    return bool(hashlib.sha256(f"blind {seed} {place}".encode()).digest()[0] & 1)


def sheet(pairs: Sequence[Pair], names: tuple[str, str], *, seed: int) -> str:
    """The page. The names are in it too, but not to be read in passing."""
    sealed = base64.b64encode(json.dumps(names).encode()[::-1]).decode()
    table = {"format": FORMAT, "seed": seed, "pairs": len(pairs), "sealed": sealed}
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>Which is better?</title><style>{STYLE}{_MORE}</style><h1>Which is better?</h1>",
        "<p>Choose for each prompt the picture that shows it better. Two painters take turns at random.</p>",
        "<p id=state><span></span><button id=save>Save choices</button></p>",
    ]
    for place, pair in enumerate(pairs):
        left, right = (pair.b, pair.a) if is_turned(seed, place) else (pair.a, pair.b)
        buttons = "".join(
            f"<button data-n={place} data-choice={choice} aria-pressed=false>{choice}</button>" for choice in CHOICES
        )
        parts.append(
            f"<section><h2>{html.escape(pair.prompt)}</h2><div class=pair>{img(left, TILE)}{img(right, TILE)}</div>"
            f"{buttons}</section>"
        )
    parts.append(
        f"<script type=application/json id=sheet>{json.dumps(table)}</script><script>{_SCRIPT}</script></html>\n"
    )
    return "\n".join(parts)


def score(file: Path) -> dict[str, Any]:
    """How often each painter was chosen, of the choices a page saved; "same" is half for each. Raises UserError."""
    try:
        table = json.loads(file.read_bytes())
        a, b = json.loads(base64.b64decode(table["sealed"])[::-1])
        seed, pairs = int(table["seed"]), int(table["pairs"])
        chosen = {int(place): str(choice) for place, choice in table["choices"].items()}
        if int(table["format"]) > FORMAT or any(each not in CHOICES for each in chosen.values()):
            raise ValueError("it is of another version")
        if any(not 0 <= place < pairs for place in chosen):
            raise ValueError("it chooses among pairs that the sheet does not have")
    except OSError as error:
        raise UserError(
            f"Cannot read {file}: {error.strerror or error}. Save the choices on the page first."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file} holds no choices of a blind sheet ({error}): save them on the page again.") from error
    if not chosen:
        raise UserError(f"{file} holds no choice yet: choose on the page and save again.")
    for_a = []
    for place, choice in sorted(chosen.items()):
        on_left = not is_turned(seed, place)
        for_a.append(0.5 if choice == "same" else float((choice == "left") == on_left))
    share: Measure = of_mean(np.asarray(for_a))
    return {
        "a": a,
        "b": b,
        "pairs": pairs,
        "chosen": len(chosen),
        "same": sum(c == "same" for c in chosen.values()),
        "share_of_a": share,
    }
