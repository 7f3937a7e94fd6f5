"""`allaprima reference`: a page for each parameter, with a pair of painted pictures and what was measured of them.

The words come from the table that reads prompts, the numbers from `effects`; results are kept in `effects.json` beside
the pages, so that a run that was stopped goes on where it was, and so that the pages' text can be written again
without painting. Knows nothing of how a parameter works.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allaprima.errors import UserError
from allaprima.files import write_whole
from allaprima.prompt import TABLE, Parameter, reference

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter
    from allaprima.engine.picture import Picture
    from allaprima.studio.effects import Effect, Shelf

RESULTS = "effects.json"
PICTURES = "pictures"
LARGEST = 25_000  # bytes of a pair
SIDE, GAP = 256, 8
_HEAD = "<!-- Written by `allaprima reference`. Its words are those of src/allaprima/prompt/parameters.py. -->"
_WEIGHTS = """# Weights

`space::2 ship`

How strongly the parts of a prompt count against each other. [The prompt language](../prompt.md#weights) has the rules.
"""


def reference_pages(
    out: Annotated[Path, typer.Option(help="Folder of the pages.")] = Path("docs/reference"),
    only: Annotated[list[str] | None, typer.Option(help="A parameter; several times for several.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Paint and measure what is there already.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Only write the pages again, from what was measured.")] = False,
    bundle: Annotated[Path | None, typer.Option(help="Another model bundle's folder.")] = None,
    threads: Annotated[int, typer.Option(help="For one model call; 0 takes every core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Paint and measure what each parameter does, and write a page for each."""
    from allaprima.studio.effects import EFFECTS

    unknown = sorted(set(only or ()) - {row.name for row in TABLE} - set(EFFECTS))
    if unknown:
        raise UserError(f"No parameter is called {unknown[0]!r}: there are {', '.join(row.name for row in TABLE)}.")
    try:
        (out / PICTURES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot make {out / PICTURES}: {error.strerror or error}. Choose another place.") from error
    results = read(out)
    if not text:
        from allaprima.engine.painter import Painter

        painter = Painter(bundle, threads=threads)
        _measure(painter, out, results, only or list(EFFECTS), again)
    for name, page in pages(results).items():
        write_whole(out / f"{name}.md", page.encode("utf-8"))
    write_whole(out / "parameters.md", reference.page().encode("utf-8"))
    if as_json:
        print(json.dumps(results, ensure_ascii=False))
        return
    for name, found in results.items():
        print(f"{name:<9} {_sentence(found)}{'' if found['holds'] else '  NOT SO'}")


def read(folder: Path) -> dict[str, Any]:
    """What was measured, by parameter; empty where nothing was. Raises UserError for a file that is none."""
    path = folder / RESULTS
    try:
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            raise ValueError("not an object")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): remove it to measure everything again.") from error
    return found


def pages(results: Mapping[str, Any]) -> dict[str, str]:
    """Every page by its name, in Markdown."""
    written = {row.name: _page(reference.entry(row), row.name, results.get(row.name), row) for row in TABLE}
    return {**written, "weights": _page(_WEIGHTS, "weights", results.get("weights"))}


def _page(entry: str, name: str, found: Mapping[str, Any] | None, row: Parameter | None = None) -> str:
    lines = [_HEAD, "", entry.rstrip(), ""]
    if row is not None and "video" in (row.name, *row.needs):
        lines += ["Kept for moving pictures: nothing is painted differently, so there is nothing to show.", ""]
    if found is not None:
        command = f"`allaprima reference --only {name} --again`"
        moved = "Measured" if found["holds"] else "Measured, and not as it should be"
        lines += [f"![Without and with it]({PICTURES}/{name}.webp)", "",
                  f"*Left: `{found['plain']}`. Right: `{found['changed']}`. The same seed.*", "",
                  f"## {moved}", "",
                  f"{_sentence(found)} With {found['model']} {found['sha256'][:12]}: {command}.", ""]  # fmt: skip
    lines += ["[All parameters](parameters.md)", ""]
    return "\n".join(lines)


def _sentence(found: Mapping[str, Any]) -> str:
    """What was measured, in one sentence."""
    what, before, after = found["measure"], _number(found["before"]), _number(found["after"])
    several = f"{found['count']} pairs" if found["count"] > 1 else "one pair"
    between = f" (95 % interval of the difference {_number(found['low'])} to {_number(found['high'])})"
    shown = between if found["low"] != found["high"] else ""
    return f"{what[:1].upper()}{what[1:]}: {before} without, {after} with it{shown}, over {several}."


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 100 else f"{value:.0f}"


def _measure(painter: Painter, out: Path, results: dict[str, Any], names: Iterable[str], again: bool) -> None:
    """Paint and measure what is not there for this bundle yet; results are written after each."""
    from rich.console import Console
    from rich.progress import Progress

    from allaprima.studio.effects import EFFECTS, Shelf

    sha256, shelf = painter.bundle.sha256, Shelf(painter)
    wanted = [EFFECTS[name] for name in names if name in EFFECTS]
    open_ = [each for each in wanted if again or not _is_done(out, results, each, sha256)]
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("painting", total=len(open_))
        for effect in open_:
            progress.update(task, description=f"--{effect.name}")
            results[effect.name] = _result(painter, out, effect, shelf)
            write_whole(out / RESULTS, (json.dumps(results, indent=1, sort_keys=True) + "\n").encode("utf-8"))
            progress.advance(task)


def _is_done(out: Path, results: Mapping[str, Any], effect: Effect, sha256: str) -> bool:
    found = results.get(effect.name, {})
    picture = out / PICTURES / f"{effect.name}.webp"
    return found.get("key") == effect.key and found.get("sha256") == sha256 and picture.is_file()


def _result(painter: Painter, out: Path, effect: Effect, shelf: Shelf) -> dict[str, Any]:
    from allaprima.studio.effects import measured, paint

    plain, changed = (paint(painter, prompt, effect.count, shelf) for prompt in (effect.plain, effect.changed))
    found = measured(*effect.metric(plain, changed, shelf))
    write_whole(out / PICTURES / f"{effect.name}.webp", pair(effect.name, plain, changed))
    return {
        "key": effect.key, "plain": effect.plain, "changed": effect.changed, "measure": effect.measure,
        "aim": effect.aim, "holds": found.holds(effect.aim), **found.as_json(),
        "model": painter.bundle.name, "sha256": painter.bundle.sha256,
    }  # fmt: skip


def pair(name: str, plain: tuple[Picture, ...], changed: tuple[Picture, ...]) -> bytes:
    """The two sides by each other, as a WebP of at most `LARGEST` bytes."""
    import io

    from PIL import Image

    from allaprima.studio.operations.grid import sheet
    from allaprima.studio.operations.pictures import opaque

    def side(made: tuple[Picture, ...]) -> Image.Image:
        first = Image.fromarray(opaque(made[0].pixels))
        if name == "chaos":
            first = Image.fromarray(sheet(made[:4]))
        elif name == "repeat" and len(made) > 1:
            first = Image.fromarray(sheet(made[:2]))
        elif name == "tile":  # its edges are seen where it is laid twice
            first = Image.fromarray(sheet([made[0]] * 4))
        return first.resize((round(first.width * SIDE / first.height), SIDE), Image.Resampling.LANCZOS)

    left, right = side(plain), side(changed)
    whole = Image.new("RGB", (left.width + GAP + right.width, SIDE), (255, 255, 255))
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width + GAP, 0))
    for quality in (88, 80, 70, 60, 45, 30):
        held = io.BytesIO()
        whole.save(held, "WEBP", quality=quality, method=6)
        if len(held.getvalue()) <= LARGEST:
            break
    return held.getvalue()
