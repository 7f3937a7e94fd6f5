"""How near an enlarged picture comes to the scene drawn at that size: bicubic, Lanczos with unsharp masking, learned.

On scenes that the upscaler never saw, from two inputs: the scene made smaller (clean), and what the autoencoder makes
of it (decoded), which is the best that a painted picture can be. Knows nothing of how the upscaler was trained.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.engine.upscaler import Enlarger
from allaprima.judge import intervals
from allaprima.studio.operations.upscaling import sharpened

Pixels = NDArray[np.uint8]
Luma = NDArray[np.float64]
Way = Callable[[Pixels, int], Pixels]  # a picture and the side that is wanted
Progress = Callable[[str, int, int], None]

SIDE = 512
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # of SSIM (Wang et al. 2004)
_DEVIATION, _REACH = 1.5, 5  # its window


def ways(enlarger: Enlarger) -> dict[str, Way]:
    """What is compared, by name."""
    return {"bicubic": _bicubic, "lanczos + unsharp": sharpened,
            "learned": lambda pixels, side: enlarger.fitted(pixels, (side, side), "learned")}  # fmt: skip


def judge(
    enlarger: Enlarger, scenes: Sequence[tuple[Pixels, Pixels]], progress: Progress = lambda *_: None
) -> dict[str, Any]:
    """`scenes`: (truth [512, 512, 3], decoded [256, 256, 3]). For each input and way: dB, SSIM, and sharpness, with
    intervals over scenes; and how much the learned way is above the second best known one, scene by scene.

    Sharpness: the luma's mean gradient in units of the truth's, so that 1 is as sharp as the truth.
    """
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for number, (truth, decoded) in enumerate(scenes):
        wanted = luma(truth)
        clean = np.asarray(Image.fromarray(np.ascontiguousarray(truth)).reduce(2))
        for kind, pixels in (("clean", clean), ("decoded", np.ascontiguousarray(decoded))):
            for name, way in ways(enlarger).items():
                made = way(pixels, SIDE)
                scores = found.setdefault(kind, {}).setdefault(name, {"psnr": [], "ssim": [], "sharpness": []})
                scores["psnr"].append(psnr(made, truth))
                scores["ssim"].append(ssim(luma(made), wanted))
                scores["sharpness"].append(gradient(luma(made)) / max(gradient(wanted), 1e-9))
        progress("enlarging", number + 1, len(scenes))
    report: dict[str, Any] = {}
    for kind, by_way in found.items():
        report[kind] = {name: {key: intervals.of_mean(np.asarray(values)) for key, values in scores.items()}
                        for name, scores in by_way.items()}  # fmt: skip
        learned, known = by_way["learned"], by_way["lanczos + unsharp"]
        report[kind]["learned minus lanczos + unsharp"] = {
            key: intervals.of_mean(np.asarray(learned[key]) - np.asarray(known[key])) for key in learned
        }
    return report


def speed(enlarger: Enlarger, pixels: Pixels, *, repeats: int = 15) -> dict[str, Any]:
    """Milliseconds a picture [256, 256, 3] to 512 and 1024, and the ratio to Lanczos with unsharp masking, in turns."""
    report: dict[str, Any] = {}
    compared = {name: way for name, way in ways(enlarger).items() if name != "bicubic"}
    for side in (512, 1024):
        times: dict[str, list[float]] = {name: [] for name in compared}
        for turn in range(repeats + 1):
            for name, way in compared.items():
                start = time.perf_counter()
                way(pixels, side)
                if turn:  # the first one opens the graph
                    times[name].append((time.perf_counter() - start) * 1000.0)
        learned, known = np.asarray(times["learned"]), np.asarray(times["lanczos + unsharp"])
        report[str(side)] = {
            **{name: {"p5": _rounded(each, 5), "p50": _rounded(each, 50), "p95": _rounded(each, 95)}
               for name, each in (("learned", learned), ("lanczos + unsharp", known))},
            "ratio": intervals.of_ratio(learned, known),
        }  # fmt: skip
    return report


def sheet(enlarger: Enlarger, scenes: Sequence[tuple[Pixels, Pixels]], *, crop: int = 192) -> Pixels:
    """Middles of scenes to look at: for each a row of clean and a row of decoded; Lanczos with unsharp masking,
    learned, truth.
    """
    rows = []
    for truth, decoded in scenes:
        clean = np.asarray(Image.fromarray(np.ascontiguousarray(truth)).reduce(2))
        for pixels in (clean, np.ascontiguousarray(decoded)):
            made = [way(pixels, SIDE) for name, way in ways(enlarger).items() if name != "bicubic"]
            middle = slice((SIDE - crop) // 2, (SIDE + crop) // 2)
            rows.append(np.concatenate([each[middle, middle] for each in (*made, truth)], axis=1))
    return np.concatenate(rows)


def psnr(made: Pixels, truth: Pixels) -> float:
    """dB, 99 where they are equal."""
    error = float(np.mean((made.astype(np.float64) - truth) ** 2))
    return min(10.0 * float(np.log10(255.0**2 / max(error, 1e-6))), 99.0)


def ssim(a: Luma, b: Luma) -> float:
    """Structural similarity of two lumas 0..255, by a Gaussian window of 11 x 11; borders left out."""
    mean_a, mean_b = _window(a), _window(b)
    var_a, var_b = _window(a * a) - mean_a**2, _window(b * b) - mean_b**2
    both = _window(a * b) - mean_a * mean_b
    alike = (2 * mean_a * mean_b + _C1) * (2 * both + _C2)
    return float(np.mean(alike / ((mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2))))


def luma(pixels: Pixels) -> Luma:
    """float64 [h, w], 0..255 (BT.601)."""
    return np.asarray(pixels[..., :3] @ np.asarray([0.299, 0.587, 0.114]))


def gradient(values: Luma) -> float:
    """Mean absolute difference to the right and downwards."""
    return float(np.abs(np.diff(values, axis=1)).mean() + np.abs(np.diff(values, axis=0)).mean())


def _window(values: Luma) -> Luma:
    places = np.arange(-_REACH, _REACH + 1)
    weights = np.exp(-(places**2) / (2 * _DEVIATION**2))
    weights /= weights.sum()
    rows, columns = values.shape
    down = sum(w * values[k : rows - 2 * _REACH + k] for k, w in enumerate(weights))
    return np.asarray(sum(w * down[:, k : columns - 2 * _REACH + k] for k, w in enumerate(weights)))


def _bicubic(pixels: Pixels, side: int) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def _rounded(values: NDArray[np.float64], percentile: float) -> float:
    return round(float(np.percentile(values, percentile)), 2)
