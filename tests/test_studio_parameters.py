"""What the prompt's parameters do to pictures, measured on a real, tiny model."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from allaprima.engine import look, tiling
from allaprima.engine.wish import NOTE_PICTURES, read_wishes
from allaprima.errors import UserError
from allaprima.studio import operations

FOX = "a red fox under a starry night sky"


def painted(painter, prompt, **flags):
    (wish,) = read_wishes(prompt, {"steps": 4, **flags})
    return painter.paint_batch(wish.parts, **wish.options)


def spread(pictures) -> float:
    pairs = combinations([each.pixels.astype(float) for each in pictures], 2)
    return float(np.mean([np.abs(one - other).mean() for one, other in pairs]))


def test_chaos_raises_the_distance_between_the_four(painter) -> None:
    spreads = [spread(painted(painter, f"{FOX} --chaos {c} --seed 3", count=4, memory=0.0)) for c in (0, 50, 100)]
    assert spreads[0] < spreads[1] < spreads[2]


def test_weird_moves_all_of_them_and_keeps_the_seed(painter) -> None:
    plain, odd, again = (painted(painter, f"{FOX} --weird {w} --seed 3")[0] for w in (0, 1500, 1500))
    assert np.abs(plain.pixels.astype(float) - odd.pixels).mean() > 1
    assert odd.encode() == again.encode() and odd.recipe["weird"] == 1500
    assert painter.replay(odd.recipe).encode() == odd.encode()


def seams(pixels) -> tuple[float, float]:
    """The mean change across the wrapped edges, and inside."""
    values = pixels.astype(float)
    inside = np.mean([np.abs(np.diff(values, axis=axis)).mean() for axis in (0, 1)])
    edge = np.mean([np.abs(values[0] - values[-1]).mean(), np.abs(values[:, 0] - values[:, -1]).mean()])
    return float(edge), float(inside)


def test_a_tile_wraps_as_smoothly_as_its_inside(painter) -> None:
    (tile,) = painted(painter, f"{FOX} --tile --seed 3")
    edge, inside = seams(tile.pixels)
    plain_edge, plain_inside = seams(painted(painter, f"{FOX} --seed 3")[0].pixels)
    assert edge < 2.0 * inside and plain_edge > 3.0 * plain_inside
    assert painter.replay(tile.recipe).encode() == tile.encode()
    large = painted(painter, f"{FOX} --tile --seed 3", width=512, height=512)[0]
    edge, inside = seams(large.pixels)
    assert large.width == 512 and edge < 2.0 * inside


def test_a_tile_is_the_same_wherever_it_is_cut() -> None:
    latent = np.random.default_rng(0).standard_normal((1, 16, 16, 16), np.float32)

    def decode(z):
        return np.repeat(np.repeat(z[:, :3], 16, axis=2), 16, axis=3)

    moved = tiling.decoded(np.roll(latent, (8, 8), (2, 3)), decode)
    np.testing.assert_allclose(np.roll(tiling.decoded(latent, decode), (128, 128), (2, 3)), moved, atol=1e-5)
    np.testing.assert_allclose(tiling.decoded(latent, decode), decode(latent), atol=1e-5)


def test_stylize_weighs_the_look_against_the_words(painter) -> None:
    assert read_wishes("a fox")[0].parts == (("a fox", 1.0),)
    (more,) = read_wishes("a fox --stylize 1000 --style pixel-art")
    assert dict(more.parts) == {"a fox": 0.4, "pixel art": look.MOST}
    (raw,) = read_wishes("a fox --raw")
    assert dict(raw.parts)["a fox"] == 1.2 and raw.parts == read_wishes("a fox --stylize 0")[0].parts
    assert not more.notes and not raw.notes


def test_hd_is_larger_and_says_how() -> None:
    (wish,) = read_wishes("a fox --hd --ar 3:2")
    assert (wish.options["width"], wish.options["height"], wish.options["steps"]) == (768, 512, 6)
    assert "enlarges: by the model's upscaler" in wish.notes[0]


def test_style_references_by_name_and_code() -> None:
    assert read_wishes("a fox --sref pixel-art")[0].options["style"] == "pixel art"
    (coded,) = read_wishes("a fox --sref 12345")
    assert coded.parts == read_wishes("a fox --sref 12345")[0].parts and len(coded.parts) == 3
    assert coded.notes[0].startswith("--sref 12345 is ")
    weak, strong = (sum(w for _, w in read_wishes(f"a fox --sref 5 --sw {sw}")[0].parts[1:]) for sw in (50, 150))
    assert weak < strong
    (drawn,) = read_wishes("a fox --sref random")
    assert "--sref" in drawn.notes[0]


def test_named_characters_take_their_parts(painter) -> None:
    (wish,) = read_wishes("a dog in the snow --cref @fox --seed 3")
    picture = painter.paint(wish.parts, **wish.options)
    assert [each["name"] for each in picture.recipe["references"]] == ["fox"]
    assert painter.replay(picture.recipe).encode() == picture.encode()
    beside = painter.paint("the snow", seed=3, characters=["fox"]).recipe["references"]
    assert [each["name"] for each in beside] == ["fox"]
    with pytest.raises(UserError, match="No drawing is called 'lily'"):
        painter.paint("a dog", characters=["lily"])


def test_pictures_in_words_are_said_to_be_left_aside() -> None:
    notes = read_wishes("a fox --cref fox.png")[0].notes
    assert NOTE_PICTURES in notes


@pytest.mark.parametrize(("prompt", "flags", "walked", "done"), [
    ("--stop 25", {"steps": 4}, 16, 4), ("--stop 25", {}, 16, 4), ("--stop 60 --draft", {}, 16, 10),
    ("--stop 25", {"steps": 40}, 40, 10), ("--stop 90", {"steps": "auto"}, 16, 15), ("--stop 100", {"steps": 4}, 4, 4),
])  # fmt: skip
def test_stop_ends_at_its_share_of_a_grid_that_has_that_place(painter, prompt, flags, walked, done) -> None:
    (wish,) = read_wishes(f"a red fox {prompt}", {"seed": 1, **flags})
    steps = [step for step in painter.steps(wish.parts, **wish.options) if step.index < wish.stop_after]
    assert (wish.options["steps"], wish.stop_after, len(steps), steps[-1].count) == (walked, done, done, walked)
    if done < walked:
        assert wish.options["sampler"] == "denoiser"
        assert steps[-1].t >= steps[-1].sitting.grid[done]  # what is shown was said before the way ended there


def test_stop_holds_in_operations_too(painter) -> None:
    fox = painter.paint("a red fox", seed=1, steps=4)
    (made,) = operations.perform(
        painter, "vary", [fox], prompt="a red fox --stop 25", seed=1, count=1, strength="strong"
    )
    assert made.recipe["operation"]["arguments"]["options"]["steps"] == 16
    assert made.recipe["operation"]["arguments"]["stop"] == 0.25
    assert operations.replay(painter, made.recipe).encode() == made.encode()
