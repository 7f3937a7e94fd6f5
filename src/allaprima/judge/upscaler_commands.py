"""`allaprima judge upscaler`: the upscaler against bicubic and Lanczos, on scenes that it never saw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from allaprima.errors import UserError
from allaprima.judge.commands import Bundle, app, shown_progress

SHOWN = slice(32, 48, 5)  # of the held-out scenes, for the sheet


@app.command()
def upscaler(
    bundle: Bundle = None,
    pairs: Annotated[Path, typer.Option(help="From `allaprima train upscaler --pairs-only`.")] = Path("data/upscaler"),
    scenes: Annotated[int, typer.Option(min=2, max=10000, help="How many held-out scenes.")] = 64,
    threads: Annotated[int, typer.Option(min=0, help="For the model; 0 takes every core.")] = 2,
    speed: Annotated[bool, typer.Option(help="Also measure how long it takes.")] = True,
    sheet: Annotated[
        Path | None, typer.Option(help="Write some of them side by side: Lanczos, learned, truth.", show_default=False)
    ] = None,
    quality: Annotated[bool, typer.Option(help="Measure how near it comes.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How near do enlarged pictures come to scenes drawn at that size?"""
    import numpy as np

    from allaprima.engine.backends import OnnxRuntime
    from allaprima.engine.bundle import Bundle as ModelBundle
    from allaprima.engine.upscaler import Enlarger
    from allaprima.judge import upscaler as judging
    from allaprima.train.upscaler_pairs import Pairs

    opened = ModelBundle.open(bundle)
    enlarger = Enlarger.of(opened, OnnxRuntime(opened, threads))
    if enlarger.double is None:
        raise UserError(f"The bundle {opened.folder} has no upscaler: allaprima export upscaler puts one in.")
    held_out = Pairs.open(pairs, held_out=True).scenes()[:scenes]
    if sheet is not None:
        _write_sheet(sheet, judging.sheet(enlarger, held_out[SHOWN]))
    report: dict[str, Any] = {"upscaler": enlarger.name, "scenes": len(held_out)}
    if quality:
        with shown_progress() as progress:
            report["quality"] = judging.judge(enlarger, held_out, progress)
    if speed:
        report["threads"] = threads
        report["milliseconds"] = judging.speed(enlarger, np.ascontiguousarray(held_out[0][1]))
    if as_json:
        typer.echo(json.dumps(report))
    else:
        _show(report)


def _write_sheet(file: Path, pixels: Any) -> None:
    import io

    from PIL import Image

    from allaprima.files import write_whole

    kind = {".webp": "WEBP", ".png": "PNG"}.get(file.suffix.lower())
    if kind is None:
        raise UserError(f"A sheet ends in .webp or .png, not {file.name!r}.")
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, quality=90)
    write_whole(file, out.getvalue())


def _show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for kind, by_way in report.get("quality", {}).items():
        table = Table(title=f"{kind}: 256 to 512 px, {report['scenes']} scenes, 95 % intervals over scenes")
        for head in ("way", "PSNR dB", "SSIM", "sharpness"):
            table.add_column(head, justify="left" if head == "way" else "right")
        for way, scores in by_way.items():
            table.add_row(way, _told(scores["psnr"], 2), _told(scores["ssim"], 4), _told(scores["sharpness"], 3))
        console.print(table)
    for side, times in report.get("milliseconds", {}).items():
        for way in ("learned", "lanczos + unsharp"):
            each = times[way]
            console.print(f"256 to {side} px, {way}: {each['p50']} ms ({each['p5']} to {each['p95']})")
        console.print(f"256 to {side} px, ratio: {_told(times['ratio'], 1)}, {report['threads']} threads")


def _told(measure: dict[str, float | None], digits: int) -> str:
    value, low, high = ("∞" if each is None else f"{each:.{digits}f}" for each in measure.values())
    return f"{value} ({low} to {high})"
