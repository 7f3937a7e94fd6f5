"""What the Python engine makes of prompts, as JSON for tests/parity.test.ts: said anew at each run, frozen nowhere.

    python web/tests/engine_values.py < wishes.json
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from allaprima.engine import reading, recall, shapes, wish
from allaprima.engine.painter import Painter, _generator
from allaprima.engine.prior import is_sketch
from allaprima.engine.request import Request
from allaprima.engine.step_count import features
from allaprima.scene import layout


def packed(pixels: np.ndarray) -> dict[str, Any]:
    """Pixels [h, w, c] as JSON has them."""
    height, width, channels = pixels.shape
    data = base64.b64encode(np.ascontiguousarray(pixels, np.uint8).tobytes()).decode()
    return {"width": width, "height": height, "channels": channels, "data": data}


def chances(seed: list[int]) -> list[float]:
    rng = _generator(*seed)
    drawn: list[float] = [float(rng.random()), float(rng.uniform(-2.0, 3.0))]
    drawn += [float(rng.normal(0.5, 0.07)) for _ in range(400)]
    drawn += [float(rng.integers(n)) for n in (1, 2, 3, 7, 1000, 2**31 + 5) for _ in range(5)]
    drawn += [float(each) for each in rng.permutation(8)]
    return [*drawn, float(rng.standard_normal(1, np.float32)[0]), float(rng.random())]


def planned(case: dict[str, Any]) -> list[Any]:
    rng = _generator(case["seed"], 1)
    boxes = layout.plan(case["counts"], case["relation"], rng, case["scenery"], sizes=case["sizes"])
    settled = layout.settle(boxes, case["aspects"], relation=case["relation"], scenery=case["scenery"])
    shape = tuple(case["shape"])
    return [list(box) for box in shapes.laid(settled, shape, standing=layout.stands(case["scenery"]))]


def understood(painter: Painter, words: str) -> dict[str, Any]:
    said = reading.read(words)
    things = recall.recall(said, painter.library, painter.meaning)
    return {
        "kinds": [[each.text, each.kind, each.name] for each in said.words],
        "phrases": [
            [list(each.words), each.start, each.count, each.colour, each.size, list(each.manner)]
            for each in said.phrases
        ],
        "style": said.style, "scenery": said.scenery, "relations": [list(each) for each in said.relations],
        "things": [
            [each.text, each.match.concept, each.match.score, each.start, each.count, each.size] for each in things
        ],
    }  # fmt: skip


def sat(painter: Painter, case: dict[str, Any]) -> dict[str, Any]:
    """All that is decided before the first step."""
    wished = wish.read_wishes(case["prompt"], {"steps": case["steps"], "seed": case["seed"]})[0]
    if "memory" in case:
        wished.options["memory"] = case["memory"]
    sitting = painter.prepare(wished.parts, **wished.options)
    made = sitting.collages[0]
    things = [] if made is None else [each for each in made.things if not is_sketch(each)]
    drawings = [each.drawing for each in things if each.drawing is not None]
    request: Request = sitting.request
    *_, last = painter.run(sitting)
    return {
        "prompt": request.prompt, "steps": request.steps, "sampler": sitting.sampler, "grid": list(sitting.grid),
        "guidance": sitting.guidance_scale, "shape": list(sitting.shape), "weights": sitting.weights.tolist(),
        "size": [request.width or 256, request.height or 256],
        "collage": None if made is None else packed(made.rgba),
        "boxes": [] if made is None else [[list(box) for box in each] for each in made.boxes],
        "hint": None if sitting.hint is None else sitting.hint.ravel().tolist(),
        "picture": packed(painter.finish(last)[0].pixels),
        "drawings": [{"sha256": each.sha256, **packed(np.asarray(painter.library.image(each)))} for each in drawings],
    }  # fmt: skip


def resampled(case: dict[str, Any]) -> dict[str, Any]:
    rng = np.random.default_rng(case["seed"])
    pixels = rng.integers(0, 256, (case["height"], case["width"], case["channels"]), np.uint8)
    image, to = Image.fromarray(pixels), tuple(case["to"])
    make = ImageOps.fit if case["fit"] else Image.Image.resize
    return {"before": packed(pixels), "after": packed(np.asarray(make(image, to, Image.Resampling.LANCZOS)))}


def main() -> None:
    asked = json.load(sys.stdin)
    painter = Painter(backend="onnxruntime", threads=1)
    head = painter._steps_head
    vectors = painter.meaning(asked["auto"])
    said = {
        "chances": [chances(seed) for seed in asked["chances"]],
        "plans": [planned(case) for case in asked["plans"]],
        "sides": [list(wish.sides(ratio)) for ratio in asked["ratios"]],
        "words": [understood(painter, words) for words in asked["words"]],
        "sittings": [sat(painter, case) for case in asked["sittings"]],
        "resampled": [resampled(case) for case in asked["resampled"]],
        "auto": [
            0 if head is None else head.choose(features(vector, things=2, words=5, is_hinted=True))
            for vector in vectors
        ],
    }
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
