"""Pictures in their own shape: what a bundle knows, how things are laid out, and that operations go along."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from allaprima.engine import shapes
from allaprima.engine.painter import Painter
from allaprima.engine.wish import read_wishes, sides
from allaprima.studio import operations

FOX = "a red fox under a starry night sky"


@pytest.fixture(scope="module")
def shaped(tmp_path_factory) -> Painter:
    """A painter whose model knows shapes that are not square."""
    pytest.importorskip("onnx", reason="pip install 'allaprima[train]'")
    from tiny_bundle import build

    folder: Path = build(tmp_path_factory.mktemp("bundle") / "shaped", any_shape=True)
    return Painter(folder, "onnxruntime", threads=1)


def paint(painter: Painter, prompt: str, **more):
    (wish,) = read_wishes(prompt, {"seed": 3, "steps": 2, **more})
    return painter.paint(wish.parts, **wish.options)


@pytest.mark.parametrize(("aspect", "native"), [("3:2", (384, 256)), ("2:3", (256, 384)), ("16:9", (512, 256)),
                                                ("1:1", (256, 256)), ("5:1", (512, 256))])  # fmt: skip
def test_the_nearest_shape_is_painted(shaped, aspect, native) -> None:
    picture = paint(shaped, f"{FOX} --ar {aspect}")
    wanted = picture.recipe.get("resized", {"from": list(picture.recipe["size"])})
    assert tuple(wanted["from"]) == native
    width, height = map(int, aspect.split(":"))
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.02)


def test_the_same_picture_again_from_its_recipe(shaped) -> None:
    picture = paint(shaped, f"{FOX} --ar 3:2")
    assert shaped.replay(picture.recipe).encode() == picture.encode()
    tile = paint(shaped, f"{FOX} --ar 3:2 --tile")
    assert shaped.replay(tile.recipe).encode() == tile.encode()


def test_a_bundle_that_knows_the_square_alone_cuts_it(painter) -> None:
    picture = paint(painter, f"{FOX} --ar 3:2")
    assert (picture.width, picture.height) == sides(1.5) == (384, 256)
    assert picture.recipe["resized"]["from"] == [256, 256]


def test_pictures_of_several_shapes_are_painted_in_one_step(shaped) -> None:
    sittings = [shaped.prepare(FOX, seed=3, steps=2, width=w, height=h) for w, h in ((256, 256), (384, 256))]
    steps = shaped.advance([shaped.begin(each) for each in sittings])
    assert [step.clean.shape[2:] for step in steps] == [(16, 16), (16, 24)]
    assert steps[1].preview.shape == (1, 16, 24, 3)


def test_boxes_are_laid_into_the_shape() -> None:
    square = ((0.1, 0.5, 0.5, 0.9), (0.6, 0.6, 0.9, 0.9))
    assert shapes.laid(square, (16, 16), standing=True) == square
    wide = shapes.laid(square, (16, 32), standing=True)
    assert [round(box[2] - box[0], 6) for box in wide] == [0.2, 0.15]  # as large as before in pixels of the height
    assert [box[1::2] for box in wide] == [box[1::2] for box in square]
    tall = shapes.laid(square, (32, 16), standing=True)
    assert [round(box[3], 6) for box in tall] == [0.9, 0.9] and tall[0][1] == pytest.approx(0.7)
    floating = shapes.laid(((0.25, 0.25, 0.75, 0.75),), (32, 16), standing=False)
    assert floating[0] == (0.25, 0.375, 0.75, 0.625)


def test_boxes_go_to_the_square_and_back() -> None:
    box, size = (0.1, 0.2, 0.4, 0.9), (384, 256)
    assert shapes.within(shapes.squared(box, size), size) == pytest.approx(box)
    assert shapes.squared((0.0, 0.0, 1.0, 1.0), (256, 512)) == (0.25, 0.0, 0.75, 1.0)


def test_recipes_tell_boxes_in_the_square_around_the_picture(shaped) -> None:
    picture = paint(shaped, f"{FOX} --ar 2:1")
    (box,) = picture.recipe["references"][0]["boxes"]
    assert box[1] >= 0.25 and box[3] <= 0.75  # the upper and the lower quarter are not in the picture
    assert box[2] - box[0] == pytest.approx(1.5 * (box[3] - box[1]), rel=0.2)  # a drawing half as wide again as high


@pytest.mark.parametrize(
    ("name", "more"),
    [("vary", {}), ("vary", {"strength": "strong"}), ("reroll", {}), ("image-to-image", {}), ("zoom", {}),
     ("pan", {"direction": "left"}), ("square", {}), ("region", {"mask": [[0.0, 0.0, 0.5, 0.5]]}),
     ("upscale", {}), ("blend", {"shape": "landscape"})],
)  # fmt: skip
def test_operations_on_a_picture_that_is_not_square(shaped, name, more) -> None:
    picture = paint(shaped, f"{FOX} --ar 3:2")
    parents = [picture, paint(shaped, "a dog --ar 2:3")] if name == "blend" else [picture]
    counted = {} if name == "upscale" else {"count": 1, "seed": 5, "steps": 2}
    (made,) = operations.perform(shaped, name, parents, **counted, **more)
    assert operations.replay(shaped, made.recipe).encode() == made.encode()
    if name in ("vary", "reroll", "image-to-image", "blend"):
        assert (made.width, made.height) == (384, 256) and "resized" not in made.recipe
    if name == "region":
        assert np.array_equal(made.pixels[200:, 300:], picture.pixels[200:, 300:])


def shapes_seen(monkeypatch, painter: Painter) -> list[tuple[int, ...]]:
    """The latents' shapes that the denoiser is asked about from now on."""
    seen: list[tuple[int, ...]] = []
    run = painter.backend.run

    def spy(name, feeds):
        if name == "denoiser":
            seen.append(feeds["latent"].shape[2:])
        return run(name, feeds)

    monkeypatch.setattr(painter.backend, "run", spy)
    return seen


@pytest.mark.parametrize(
    ("kind", "given", "latent", "size", "kept"),
    [
        ("region", {"mask": [[0.5, 0.2, 0.9, 0.8]]}, (16, 24), (384, 256), np.s_[:, :192]),
        ("zoom", {"factor": 2.0}, (16, 24), (384, 256), np.s_[64:192, 96:288]),
        ("zoom", {"factor": 1.5, "grow": True}, (16, 24), (576, 384), np.s_[64:320, 96:480]),
        ("pan", {"direction": "left", "amount": 0.3333}, (16, 32), (512, 256), np.s_[:, 128:]),
        ("pan", {"direction": "up", "amount": 0.5}, (16, 16), (384, 384), np.s_[128:]),
        ("square", {}, (16, 16), (384, 384), np.s_[64:320]),
    ],
)
def test_parts_are_painted_in_the_pictures_shape(monkeypatch, shaped, kind, given, latent, size, kept) -> None:
    parent = paint(shaped, f"{FOX} --ar 3:2")
    seen = shapes_seen(monkeypatch, shaped)
    (child,) = operations.perform(shaped, kind, [parent], seed=4, count=1, **given)
    assert set(seen) == {latent} and (child.width, child.height) == size
    old = parent.pixels[:, :192] if kind == "region" else parent.pixels
    if kind == "zoom" and not given.get("grow"):
        old = np.asarray(parent.image.resize((192, 128), Image.Resampling.LANCZOS))
    assert np.array_equal(child.pixels[kept], old)
    assert operations.replay(shaped, child.recipe).encode() == child.encode()


def test_a_square_is_panned_in_one_view_so_that_its_thing_is_seen(monkeypatch, shaped) -> None:
    parent = paint(shaped, FOX)
    seen = shapes_seen(monkeypatch, shaped)
    (child,) = operations.perform(shaped, "pan", [parent], direction="up", seed=4, count=1)
    assert set(seen) == {(24, 16)} and (child.width, child.height) == (256, 384)
    (before,), (after,) = parent.recipe["references"][0]["boxes"], child.recipe["references"][0]["boxes"]
    # In the new square, of 384 pixels, the old one stands at 64 from the left and 128 from the top.
    np.testing.assert_allclose(after, [(offset + 256 * edge) / 384 for offset, edge in
                                       zip((64, 128, 64, 128), before, strict=True)], atol=1e-3)  # fmt: skip


def test_a_part_with_quoted_words_is_painted_in_a_square(monkeypatch, shaped) -> None:
    parent = paint(shaped, f"{FOX} --ar 3:2")
    seen = shapes_seen(monkeypatch, shaped)
    given = {"mask": [[0.5, 0.2, 0.9, 0.8]], "prompt": 'a sign that says "OPEN"'}
    (child,) = operations.perform(shaped, "region", [parent], seed=4, count=1, **given)
    assert set(seen) == {(16, 16)} and np.array_equal(child.pixels[:, :192], parent.pixels[:, :192])
