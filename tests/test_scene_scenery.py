"""Procedural scenery: the same dice give the same place, at any size, and the hour can be read from its colours."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PIL import Image

from allaprima.errors import UserError
from allaprima.scene.scenery import LOOKS, SCENERIES, TIMES, WEATHERS, Backdrop, paint


def scene(name: str, seed: int = 3, **kwargs: object) -> Backdrop:
    return paint(name, rng=np.random.default_rng(seed), **kwargs)  # type: ignore[arg-type]


def average(name: str, when: str, look: str = "gradient", seeds: int = 6) -> np.ndarray:
    return np.mean([scene(name, k, time_of_day=when, look=look, size=64).picture.mean((0, 1)) for k in range(seeds)], 0)


@pytest.mark.parametrize("name", SCENERIES)
def test_every_scenery_paints_in_every_look_at_every_time(name: str) -> None:
    for seed, look in enumerate((*LOOKS, *LOOKS[:4])):
        backdrop = scene(name, seed, time_of_day=TIMES[seed % len(TIMES)], look=look, size=48)
        assert backdrop.picture.shape == (48, 48, 3)
        assert backdrop.picture.dtype == np.uint8
        assert backdrop.kind == name
        assert 0.5 < backdrop.ground < 1


@pytest.mark.parametrize("weather", WEATHERS)
def test_weather_shows_out_of_doors_and_leaves_the_rest_alone(weather: str) -> None:
    fair, under = scene("hills", size=64), scene("space", size=64)
    changed = scene("hills", size=64, weather=weather).picture
    assert (weather == "clear") == bool(np.array_equal(fair.picture, changed))
    assert np.array_equal(under.picture, scene("space", size=64, weather=weather).picture)


@pytest.mark.parametrize("look", LOOKS)
def test_the_same_dice_give_the_same_bytes(look: str) -> None:
    first, again, other = (scene("lake", seed, look=look, time_of_day="dusk") for seed in (5, 5, 6))
    assert np.array_equal(first.picture, again.picture)
    assert first.ground == again.ground
    assert not np.array_equal(first.picture, other.picture)


@pytest.mark.parametrize("name", SCENERIES)
def test_one_seed_is_one_scene_at_every_size(name: str) -> None:
    look = LOOKS[SCENERIES.index(name) % len(LOOKS)]
    small = scene(name, 11, look=look, time_of_day="sunset", size=128)
    large = scene(name, 11, look=look, time_of_day="sunset", size=256)
    assert small.ground == large.ground
    reduced = np.asarray(Image.fromarray(large.picture).resize((32, 32), Image.Resampling.BOX), float)
    coarse = np.asarray(Image.fromarray(small.picture).resize((32, 32), Image.Resampling.BOX), float)
    assert np.abs(reduced - coarse).mean() < 6, look


@pytest.mark.parametrize("look", ["flat", "gradient", "painterly", "ink"])
def test_the_average_colour_tells_the_place_and_the_hour(look: str) -> None:
    sunset, ocean, field = (
        average("ocean", "sunset", look),
        average("ocean", "day", look),
        average("field", "day", look),
    )
    night, snow = average("field", "night", look), average("snow", "day", look)
    assert sunset[0] > sunset[2] + 40, "a sunset is warm"
    assert ocean[2] > ocean[0] + 30, "the sea by day is blue"
    assert field[1] > field[0] and ocean[1] - ocean[2] < field[1] - field[2] - 15, "a field is greener than the sea"
    assert night.mean() < 80 and night[2] > night[0], "night is dark and blue"
    assert snow.mean() > 165 and snow[2] >= snow[0], "snow is bright and cool"
    means = [sunset, ocean, field, night, snow]
    gaps = [float(np.linalg.norm(a - b)) for k, a in enumerate(means) for b in means[:k]]
    assert min(gaps) > 30


def test_times_of_day_grow_darker_toward_night() -> None:
    light = {
        when: float(np.mean([average(name, when).mean() for name in ("ocean", "field", "hills")])) for when in TIMES
    }
    assert light["night"] < light["dusk"] < light["sunset"] < light["day"]


def test_pixel_look_is_made_of_whole_blocks() -> None:
    picture = scene("mountains", look="pixel", size=128).picture
    blocks = picture.reshape(64, 2, 64, 2, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) <= 40


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"scenery": "moonbase"}, "underwater"),
        ({"time_of_day": "teatime"}, "sunrise"),
        ({"weather": "frogs"}, "rainbow"),
        ({"look": "cubist"}, "watercolor"),
        ({"size": 7}, "32"),
    ],
)
def test_unknown_names_are_refused_with_the_valid_ones(change: dict, hint: str) -> None:
    given: dict = {"scenery": "ocean", **change}
    with pytest.raises(UserError, match=hint):
        paint(given.pop("scenery"), rng=np.random.default_rng(0), **given)


def test_a_scene_is_painted_in_a_blink() -> None:
    scene("field", look="gradient")
    medians: list[float] = []
    for _ in range(5):  # the best of five rounds, since other work on the machine is not the painter's fault
        spent = []
        for k, name in enumerate(SCENERIES):
            start = time.thread_time()
            scene(name, k, look="gradient", size=128)
            spent.append(time.thread_time() - start)
        medians.append(float(np.median(spent)))
        if medians[-1] < 0.06:
            break
    assert min(medians) < 0.06
