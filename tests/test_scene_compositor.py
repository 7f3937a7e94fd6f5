"""Scenes: fixed by their seed, the same at any size, and true to what they say of themselves."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from allaprima.scene import colours, compositor, vocabulary
from allaprima.scene.compositor import Scene, compose, is_held_out
from allaprima.scene.corpus import Corpus
from allaprima.scene.scenery import Backdrop
from tiny_drawings import STYLES, tiny_corpus


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return tiny_corpus()


@pytest.fixture(scope="module")
def scenes(corpus: Corpus) -> list[Scene]:
    return [compose(corpus, seed, 64) for seed in range(80)]


def test_a_seed_fixes_the_bytes(corpus: Corpus) -> None:
    for seed in (3, 4, 11):
        one, again = compose(corpus, seed, 64), compose(tiny_corpus(), seed, 64)
        assert (
            one.picture.tobytes() == again.picture.tobytes()
            and one.collage.tobytes() == again.collage.tobytes()
        )
        assert (one.caption, one.short_caption, one.truth) == (
            again.caption,
            again.short_caption,
            again.truth,
        )


def test_shapes(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert scene.picture.shape == (64, 64, 3) and scene.picture.dtype == np.uint8
        assert scene.collage.shape == (128, 128, 4) and scene.collage.dtype == np.uint8
        assert scene.caption and scene.short_caption


def test_a_seed_shows_the_same_scene_at_another_size(corpus: Corpus) -> None:
    for seed in range(12):
        small, large = compose(corpus, seed, 64), compose(corpus, seed, 128)
        assert [o.box for o in small.truth.objects] == [o.box for o in large.truth.objects]
        assert [o.colour for o in small.truth.objects] == [o.colour for o in large.truth.objects]
        halved = large.picture.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
        assert np.abs(halved - small.picture).mean() < 22


def test_the_mix(scenes: list[Scene]) -> None:
    kinds = Counter((len(scene.truth.counts), scene.truth.count) for scene in scenes)
    assert kinds[(1, 1)] > kinds[(0, 0)] > 0 and kinds[(2, 2)] > 0
    assert {scene.truth.scenery for scene in scenes} > {"plain", "ocean"}
    for scene in scenes:
        truth = scene.truth
        assert truth.scenery in vocabulary.SCENERIES and truth.time_of_day in vocabulary.TIMES
        assert truth.weather is None or truth.weather in vocabulary.WEATHERS
        assert truth.look in vocabulary.LOOKS
        assert truth.style in {None, "mixed", *STYLES}
        assert (truth.relation is None) == (truth.counts != (1, 1))
        assert all(0 <= o.box[0] < o.box[2] <= 1 and 0 <= o.box[1] < o.box[3] <= 1 for o in truth.objects)


def test_same_things_are_the_same_drawing(scenes: list[Scene]) -> None:
    for scene in scenes:
        start = 0
        for count in scene.truth.counts:
            group = scene.truth.objects[start : start + count]
            assert len({(o.drawing, o.colour) for o in group}) == 1
            start += count


def test_the_collage_is_empty_only_without_objects_and_near_the_boxes(scenes: list[Scene]) -> None:
    for scene in scenes:
        alpha = scene.collage[..., 3] / 255
        if not scene.truth.objects:
            assert not alpha.any()
            continue
        near = np.zeros_like(alpha)
        for obj in scene.truth.objects:
            x0, y0, x1, y1 = obj.box
            side = max(x1 - x0, y1 - y0) * 0.6 + 0.1
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            near[
                int(max(y - side, 0) * 128) : int((y + side) * 128) + 1,
                int(max(x - side, 0) * 128) : int((x + side) * 128) + 1,
            ] = 1
        assert alpha.sum() > 20 and (alpha * near).sum() > 0.95 * alpha.sum()


def test_held_out_pairs_are_never_targets(scenes: list[Scene], corpus: Corpus) -> None:
    held = {(d.concept, d.style) for d in corpus.drawings if is_held_out(d.concept, d.style)}
    assert held, "the tiny corpus should hold at least one held-out pair for this test to mean anything"
    assert not held & {(o.concept, o.style) for scene in scenes for o in scene.truth.objects}


def test_one_pair_in_twenty_is_held_out_and_stays_so() -> None:
    held = [is_held_out(f"concept-{n}", style) for n in range(2000) for style in ("flat", "3d")]
    assert 0.04 < np.mean(held) < 0.06
    assert is_held_out("red-apple", "flat") == is_held_out("red-apple", "flat")


def test_the_colour_said_is_the_colour_seen(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    def grey(scenery: str, *, size: int, **_: object) -> Backdrop:
        return Backdrop(np.full((size, size, 3), 120, np.uint8), 0.85, scenery)

    monkeypatch.setattr(compositor, "paint", grey)
    seen = 0
    for seed in range(200):
        scene = compose(corpus, seed, 96)
        truth = scene.truth
        if truth.count != 1 or truth.objects[0].recoloured_from is None:
            continue
        obj = truth.objects[0]
        x0, y0, x1, y1 = (round(edge * 96) for edge in obj.box)
        inner = scene.picture[
            y0 + (y1 - y0) // 3 : y1 - (y1 - y0) // 3, x0 + (x1 - x0) // 3 : x1 - (x1 - x0) // 3
        ]
        found = colours.shares(inner)
        assert colours.NAMES[int(found.argmax())] == obj.colour, (seed, obj)
        seen += 1
    assert seen > 10


@pytest.mark.parametrize("name", colours.NAMES)
def test_every_colour_is_called_by_its_name(name: str) -> None:
    assert colours.name_of(*vocabulary.COLOUR_RGB[name]) == name


def test_a_thing_shown_by_its_own_drawing_is_shown_pixel_by_pixel(corpus: Corpus) -> None:
    same, all_ = 0, 0
    for seed in range(120):
        scene = compose(corpus, seed, 128)
        if scene.truth.counts != (1,) or scene.truth.lettering is not None:
            continue
        solid = scene.collage[..., 3] == 255
        away = np.abs(scene.collage[..., :3].astype(int) - scene.picture).max(axis=2)[solid]
        all_ += 1
        same += bool(len(away) > 20 and (away <= 1).all())
    assert all_ > 30 and 0.6 < same / all_ < 0.95, "four of five things; the others are shown by another drawing"
