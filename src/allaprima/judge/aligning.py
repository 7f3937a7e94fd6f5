"""Whether a picture shows a certain drawing: the drawing laid over it at every place, in many sizes, both ways round.

Two likenesses count where they agree on a place: of the directions of edges, which no change of colour or ground
touches, and of lightness within the drawing (normalised cross-correlation). All places at once by Fourier transforms.
Knows nothing of prompts, painters or networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]

SIDE = 64  # pixels that a picture is made small to
# Longer sides of the drawing, in those pixels: steps of 8 % are never more than 4 % off.
SIZES = tuple(sorted({round(15 * 1.08**step) for step in range(19)}))
LIGHTNESS = 0.5  # how much lightness weighs beside edges where a drawing has much of it
MUCH = 0.1  # a deviation of lightness within a drawing, 0..1; what has less is told by its edges
EDGE = 0.06  # a change of colour from pixel to pixel that is half an edge
MARGIN = 2  # pixels around a drawing, for the edges of its outline
LUMA = np.asarray([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Sheet:
    """The transforms of a picture: of its edges, of their squares, of its lightness and its squares."""

    edges: NDArray[np.complex64]  # [2, SIDE, SIDE // 2 + 1]
    edges_squared: NDArray[np.complex64]
    light: NDArray[np.complex64]
    light_squared: NDArray[np.complex64]

    @classmethod
    def of(cls, picture: Pixels) -> Sheet:
        """Of a picture uint8 [h, w, 3] of any size."""
        small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX)
        rgb = np.asarray(small, np.float32) / 255.0
        field, light = directions(rgb), rgb @ LUMA
        planes = (field, (field * field).sum(0), light, light * light)
        return cls(*(np.fft.rfft2(each).astype(np.complex64) for each in planes))


@dataclass(frozen=True)
class Stencil:
    """The transforms of a drawing in n sizes and ways: of its edges, of where they count, of its inside, of its
    lightness there. `reach` [n, SIDE, SIDE] says where it lies within the picture.
    """

    edges: NDArray[np.complex64]  # [n, 2, SIDE, SIDE // 2 + 1]
    around: NDArray[np.complex64]
    inside: NDArray[np.complex64]
    light: NDArray[np.complex64]
    energy: Array  # [n, 1, 1], of the edges
    area: Array  # of the inside, pixels
    deviation: Array  # of the lightness
    reach: NDArray[np.bool_]
    shapes: tuple[tuple[int, int], ...]  # height and width of each, without margin

    @classmethod
    def of(cls, drawing: Pixels) -> Stencil:
        """Of a drawing uint8 RGBA [h, w, 4], straight alpha."""
        image = Image.fromarray(drawing)
        box = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
        shown = (image.crop(box) if box else image).convert("RGBa")
        layers = [_Layer.of(shown, size) for size in SIZES]
        layers += [each.mirrored() for each in layers]

        def moved(planes: list[Array]) -> NDArray[np.complex64]:
            whole = np.zeros((len(planes), *planes[0].shape[:-2], SIDE, SIDE), np.float32)
            for place, plane in enumerate(planes):
                kept = plane[..., :SIDE, :SIDE]
                whole[place, ..., : kept.shape[-2], : kept.shape[-1]] = kept
            return np.fft.rfft2(whole).conj().astype(np.complex64)

        def numbers(values: list[float]) -> Array:
            return np.asarray(values, np.float32)[:, None, None]

        reach = np.zeros((len(layers), SIDE, SIDE), bool)
        for place, each in enumerate(layers):
            # What its margin alone reaches out of the picture is lost without harm.
            down, across = (max(SIDE - side + 1, 1) for side in each.shape)
            reach[place, :down, :across] = max(each.shape) <= SIDE + MARGIN
        return cls(
            moved([each.edges for each in layers]),
            moved([each.around for each in layers]),
            moved([each.inside for each in layers]),
            moved([each.light for each in layers]),
            numbers([float((each.edges**2).sum()) for each in layers]),
            numbers([float(each.inside.sum()) + 1e-3 for each in layers]),
            numbers([float(np.sqrt((each.light**2).sum() / (each.inside.sum() + 1e-3))) for each in layers]),
            reach,
            tuple((height - 2 * MARGIN, width - 2 * MARGIN) for height, width in (each.shape for each in layers)),
        )


@dataclass(frozen=True)
class _Layer:
    """A drawing of one size: planes [(2,) h, w] with its margin, and that height and width."""

    edges: Array
    around: Array
    inside: Array
    light: Array
    shape: tuple[int, int]

    @classmethod
    def of(cls, shown: Image.Image, size: int) -> _Layer:
        """Of a visible drawing with premultiplied alpha whose longer side becomes `size`."""
        scale = size / max(shown.size)
        width, height = (max(round(side * scale), 3) for side in shown.size)
        small = shown.resize((width, height), Image.Resampling.BOX)
        rgba = np.pad(np.asarray(small, np.float32) / 255.0, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)))
        alpha = rgba[..., 3]
        field = directions(rgba)  # alpha is one more colour: the outline is an edge whatever the ground
        inside = (alpha > 0.9).astype(np.float32)
        area = float(inside.sum()) + 1e-3
        light = (rgba[..., :3] @ LUMA) * inside
        light = (light - float(light.sum()) / area) * inside
        return cls(field, spread(alpha), inside, light, alpha.shape)

    def mirrored(self) -> _Layer:
        """The other way round: the edges' double angle turns its sign."""
        turned = self.edges[..., ::-1] * np.asarray([1.0, -1.0], np.float32)[:, None, None]
        return _Layer(turned, self.around[:, ::-1], self.inside[:, ::-1], self.light[:, ::-1], self.shape)


@dataclass(frozen=True)
class Match:
    """Where a picture shows a drawing best: how well, about -1 to 1, in which box (0..1), whether mirrored."""

    likeness: float
    box: tuple[float, float, float, float]
    is_mirrored: bool


def best(sheet: Sheet, stencil: Stencil) -> Match:
    """Where a picture shows a drawing best."""
    both = everywhere(sheet, stencil)
    layer, row, column = (int(each) for each in np.unravel_index(int(both.argmax()), both.shape))
    height, width = stencil.shapes[layer]
    x, y = (column + MARGIN) / SIDE, (row + MARGIN) / SIDE
    box = (x, y, min(x + width / SIDE, 1.0), min(y + height / SIDE, 1.0))
    return Match(float(both[layer, row, column]), box, layer >= len(SIZES))


def everywhere(sheet: Sheet, stencil: Stencil) -> Array:
    """How well a picture shows a drawing in each size and way at each place of its margin's corner: [n, SIDE, SIDE],
    -1 where it would reach out.
    """

    def back(product: NDArray[np.complex64]) -> Array:
        return np.asarray(np.fft.irfft2(product, (SIDE, SIDE)), np.float32)

    there = back(sheet.edges_squared * stencil.around)
    edges = back((sheet.edges * stencil.edges).sum(1)) / np.sqrt(np.maximum(there, 1e-3) * stencil.energy)
    mean = back(sheet.light * stencil.inside) / stencil.area
    variance = back(sheet.light_squared * stencil.inside) / stencil.area - mean * mean
    spread = np.sqrt(np.maximum(variance, 1e-4)) * np.maximum(stencil.deviation, 0.02)
    light = back(sheet.light * stencil.light) / stencil.area / spread
    weight = LIGHTNESS * np.minimum(stencil.deviation / MUCH, 1.0)
    both = (edges + weight * light) / (1.0 + weight)
    return np.where(stencil.reach, both, np.float32(-1.0))


def directions(pictures: Array) -> Array:
    """The edges of colours [..., h, w, c] in 0..1 as vectors of twice their angle, [..., 2, h, w], at most 1 long.

    Twice the angle, as of the structure tensor, since light on dark and dark on light are the same edge.
    """
    down, across = np.zeros_like(pictures), np.zeros_like(pictures)
    down[..., 1:-1, :, :] = (pictures[..., 2:, :, :] - pictures[..., :-2, :, :]) / 2
    across[..., 1:-1, :] = (pictures[..., 2:, :] - pictures[..., :-2, :]) / 2
    real, imaginary = (across * across - down * down).sum(-1), (2 * across * down).sum(-1)
    energy = (across * across + down * down).sum(-1)
    strength = np.sqrt(energy)
    turned = np.stack([real, imaginary], -3)
    return np.asarray(turned * (strength / ((energy + 1e-9) * (strength + EDGE)))[..., None, :, :], np.float32)


def spread(alpha: Array) -> Array:
    """The cover with every neighbour's."""
    padded = np.pad(alpha, 1)
    height, width = alpha.shape
    return np.asarray(np.max([padded[i : i + height, j : j + width] for i in range(3) for j in range(3)], 0))
