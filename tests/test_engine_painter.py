"""From words to pictures on a real, tiny model, and on a fake backend where calls are counted."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from allaprima.engine.backends import Fake, in_batches
from allaprima.engine.painter import Painter
from allaprima.errors import UserError

FOX = "a red fox under a starry night sky"


@pytest.fixture
def counted(painter, tiny_bundle):
    """A painter on a fake backend that runs the real graphs and writes down every feed."""
    fed = []

    def run(name):
        def call(feeds):
            fed.append((name, {key: value.copy() for key, value in feeds.items()}))
            return painter.backend.run(name, feeds)

        return call

    fake = Fake({name: run(name) for name in ("text_encoder", "denoiser", "decoder", "encoder")})
    return Painter(tiny_bundle, fake), fed


def test_a_picture_and_its_recipe(painter) -> None:
    picture = painter.paint(FOX, seed=7)
    assert picture.pixels.shape == (256, 256, 3) and picture.pixels.dtype == np.uint8
    assert picture.pixels.std() > 1
    recipe = picture.recipe
    assert (recipe["prompt"], recipe["seed"], recipe["steps"]) == (FOX, 7, 4)
    assert len(recipe["grid"]) == 5
    assert recipe["model"] == {
        "name": "tiny", "sha256": painter.bundle.sha256, "licence": "Apache-2.0",
    }  # fmt: skip
    (used,) = recipe["references"]
    assert used["name"] == "fox" and used["licence"] == "CC0-1.0" and used["source"] == "tiny"
    assert set(picture.timing_ms) == {"load", "text", "denoise", "decode", "total"}


def test_the_same_seed_gives_the_same_bytes_and_another_another(painter) -> None:
    one, two = painter.paint(FOX, seed=7), painter.paint(FOX, seed=7)
    assert one.encode() == two.encode()
    assert not np.array_equal(one.pixels, painter.paint(FOX, seed=8).pixels)
    assert painter.paint(FOX).seed != painter.paint(FOX).seed


def test_another_painter_of_the_same_bundle_paints_the_same(painter, tiny_bundle) -> None:
    assert Painter(tiny_bundle, "onnxruntime").paint(FOX, seed=1).encode() == (painter.paint(FOX, seed=1).encode())


def test_the_first_noise_is_the_seeds_own(painter) -> None:
    sitting = painter.prepare(FOX, seed=11, count=2)
    for index, seed in enumerate((11, 12)):
        own = np.random.Generator(np.random.PCG64(seed)).standard_normal((16, 16, 16), np.float32)
        np.testing.assert_array_equal(sitting.noise[index], own)


def test_a_batch_counts_the_seed_up(painter) -> None:
    pictures = painter.paint_batch(FOX, seed=2**32 - 2, count=3, steps=2)
    assert [picture.seed for picture in pictures] == [2**32 - 2, 2**32 - 1, 0]
    assert len({picture.pixels.tobytes() for picture in pictures}) == 3
    alone = painter.paint(FOX, seed=2**32 - 1, steps=2)
    assert np.abs(alone.pixels.astype(int) - pictures[1].pixels).max() <= 1


def test_words_matter(painter) -> None:
    red = painter.paint("red", seed=1).pixels.mean((0, 1))
    blue = painter.paint("blue", seed=1).pixels.mean((0, 1))
    assert np.abs(red - blue).max() > 3


def test_every_step_is_open_and_stopping_stops_the_work(counted) -> None:
    painter, fed = counted
    walk = painter.steps(FOX, seed=1, steps=4)
    first = next(walk)
    assert (first.index, first.count, first.t, first.next_t) == (0, 4, 1.0, 0.75)
    assert first.preview.shape == (1, 16, 16, 3)
    assert not first.is_last
    assert sum(name == "denoiser" for name, _ in fed) == 1
    draft = painter.finish(first)[0]
    assert draft.recipe["stopped_after"] == 1
    rest = list(walk)
    assert rest[-1].is_last and len(rest) == 3
    assert rest[-1].next_t == 0.0


def test_guidance_asks_twice_only_inside_its_interval(counted) -> None:
    painter, fed = counted
    steps = list(painter.steps(FOX, seed=1, steps=4, guidance_scale=3.0))
    assert [step.guidance for step in steps] == [1.0, 3.0, 3.0, 3.0]  # the tiny bundle guides t in 0 .. 0.9
    calls = [feeds for name, feeds in fed if name == "denoiser"]
    assert [len(feeds["latent"]) for feeds in calls] == [1, 2, 2, 2]
    words, nothing = calls[1]["states"]
    assert words.any() and not nothing.any()
    assert calls[1]["text_mask"][0].any() and not calls[1]["text_mask"][1].any()
    assert calls[1]["hint"][0].any() and not calls[1]["hint"][1].any()
    assert not calls[1]["region"].any()
    np.testing.assert_array_equal(calls[1]["latent"][0], calls[1]["latent"][1])
    fed.clear()
    list(painter.steps(FOX, seed=1, steps=4, guidance_scale=1.0))
    assert [len(feeds["latent"]) for name, feeds in fed if name == "denoiser"] == [1] * 4


def test_guidance_is_uncond_plus_scale_times_the_difference(counted) -> None:
    painter, fed = counted
    step = list(painter.steps(FOX, seed=1, steps=2, guidance_scale=4.0, memory=0.0))[-1]
    feeds = [feeds for name, feeds in fed if name == "denoiser"][-1]
    conditional, unconditional = painter.backend.run("denoiser", feeds)["clean"]
    np.testing.assert_allclose(step.clean[0], unconditional + 4 * (conditional - unconditional), atol=1e-5)


def test_words_that_should_not_be_there_take_the_unconditional_side(counted) -> None:
    painter, fed = counted
    list(painter.steps(FOX, seed=1, steps=2, negative="a tree"))
    calls = [feeds for name, feeds in fed if name == "denoiser"]
    assert calls[1]["states"][1].any() and not calls[1]["hint"][1].any()
    assert painter.paint(FOX, seed=1, negative="a tree").recipe["negative"] == "a tree"


@pytest.mark.parametrize(
    ("memory", "expected"),
    [(0.0, [False] * 4), (0.5, [True, True, False, False]), (1.0, [True] * 4)],
)
def test_the_memory_dial(counted, memory, expected) -> None:
    painter, fed = counted
    steps = list(painter.steps(FOX, seed=1, steps=4, memory=memory))
    assert [step.hinted for step in steps] == expected
    hints = [bool(feeds["hint"].any()) for name, feeds in fed if name == "denoiser"]
    assert hints == expected
    if memory == 0.0:
        assert "encoder" not in [name for name, _ in fed]
        assert painter.finish(steps[-1])[0].recipe["references"] == []


def test_the_collage_lies_where_the_recipe_says(painter) -> None:
    sitting = painter.prepare("a cat", seed=5)
    (thing,), ((box,),) = sitting.collages[0].things, sitting.collages[0].boxes
    alpha = sitting.collages[0].rgba[..., 3]
    rows, columns = np.nonzero(alpha > 128)
    assert columns.min() / 128 == pytest.approx(box[0], abs=0.03)
    assert rows.max() / 128 == pytest.approx(box[3], abs=0.03)
    assert thing.drawing.concept == "cat"
    np.testing.assert_allclose(sitting.hint[0, 16], alpha.reshape(16, 8, 16, 8).mean((1, 3)) / 255, atol=1e-6)
    # Nothing there is mid grey, which the encoder sees as nought.
    np.testing.assert_allclose(sitting.hint[0, :16, 0, 0], 0.0, atol=0.02)


def test_parts_are_weighed(counted) -> None:
    painter, fed = counted
    parts = [("a red fox", 2.0), ("a tree", 1.0), ("snow", -1.0)]
    step = list(painter.steps(parts, seed=1, steps=2, guidance_scale=1.0))[-1]
    feeds = [feeds for name, feeds in fed if name == "denoiser"][-1]
    clean = painter.backend.run("denoiser", feeds)["clean"]
    assert len(clean) == 3
    np.testing.assert_allclose(step.clean[0], clean[0] + 0.5 * clean[1] - 0.5 * clean[2], atol=1e-5)
    picture = painter.finish(step)[0]
    assert picture.recipe["prompt"] == "a red fox, a tree"
    assert picture.recipe["parts"] == [["a red fox", 1.0], ["a tree", 0.5], ["snow", -0.5]]


def test_a_style_is_added_to_the_words_and_chosen_among_drawings(painter) -> None:
    recipe = painter.paint("a fox", seed=1, style="8-bit").recipe
    assert recipe["style"] == "pixel art"
    assert recipe["references"][0]["style"] == "pixel art"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"steps": 3, "solver": "multistep", "churn": (0.5, 0.2, 0.0)},
        {"count": 3, "steps": 2},
        {"width": 320, "height": 200, "negative": "snow", "guidance_scale": 5.0, "memory": 0.4},
        {"style": "3d", "grid": (1.0, 0.6, 0.1, 0.0)},
    ],
)
def test_a_recipe_repeats_its_picture(painter, options) -> None:
    picture = painter.paint_batch(FOX, seed=3, **options)[-1]
    again = painter.replay(picture.recipe)
    assert again.encode() == picture.encode()
    assert again.recipe == picture.recipe


def test_a_draft_and_a_composed_prompt_repeat_too(painter) -> None:
    walk = painter.steps([("a red fox", 1.0), ("snow", 1.0)], seed=4, steps=5)
    next(walk)
    draft = painter.finish(next(walk))[0]
    assert painter.replay(draft.recipe).encode() == draft.encode()


def test_a_recipe_of_another_model_is_refused(painter) -> None:
    recipe = dict(painter.paint(FOX, seed=3, steps=1).recipe)
    with pytest.raises(UserError, match="open that bundle"):
        painter.replay({**recipe, "model": {"name": "other", "sha256": "0" * 64}})
    with pytest.raises(UserError, match="recipe"):
        painter.replay({"prompt": "a fox"})


def test_other_sizes_are_fitted_and_said(painter) -> None:
    picture = painter.paint(FOX, seed=1, steps=1, width=400, height=128)
    assert (picture.width, picture.height) == (400, 128)
    assert picture.recipe["resized"] == {"from": [256, 256], "filter": "lanczos"}
    assert painter.paint(FOX, seed=1, steps=1, width=100).pixels.shape == (100, 100, 3)


def test_what_does_not_fit_the_encoder_is_said(painter) -> None:
    words = " ".join(["fox"] * 40)
    assert painter.paint(words, seed=1, steps=1).recipe["unread"] == " ".join(["fox"] * 10)


@pytest.mark.parametrize(
    ("prompt", "options", "said"),
    [
        ("", {}, "empty"), ("  \n ", {}, "empty"), ("a" * 2001, {}, "2,001"), ("a\x07b", {}, "U+0007"),
        ("a\ud800b", {}, "U+D800"), (FOX, {"steps": 0}, "steps"), (FOX, {"steps": 101}, "steps"),
        (FOX, {"width": 63}, "width"), (FOX, {"height": 4096}, "height"), (FOX, {"seed": -1}, "seed"),
        (FOX, {"count": 17}, "count"), (FOX, {"memory": 1.1}, "memory"),
        (FOX, {"memory": float("nan")}, "memory"),
        (FOX, {"guidance_scale": -1.0}, "guidance"), (FOX, {"style": "baroque"}, "baroque"),
        (FOX, {"solver": "heun"}, "heun"), (FOX, {"grid": (1.0, 0.5)}, "grid"), ([], {}, "empty"),
        ([("a", 1.0), ("b", -1.0)], {}, "weights"), (FOX, {"steps": 2, "churn": (2.0, 0.0)}, "churn"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be_painted_are_told_before_any_work(counted, prompt, options, said) -> None:
    painter, fed = counted
    with pytest.raises(UserError, match=said.replace("+", r"\+")) as caught:
        painter.steps(prompt, **options)
    assert "\n" not in str(caught.value)
    assert not fed


def test_painting_from_many_threads_gives_what_one_thread_gives(painter) -> None:
    def digest(seed: int) -> str:
        return hashlib.sha256(painter.paint(FOX, seed=seed, steps=2).pixels.tobytes()).hexdigest()

    alone = [digest(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(digest, range(8))) == alone


def test_text_is_encoded_once(counted) -> None:
    painter, fed = counted
    painter.paint(FOX, seed=1, steps=1)
    painter.paint(FOX, seed=2, steps=1)
    assert [name for name, _ in fed].count("text_encoder") == 1


def test_a_graph_of_fixed_batch_is_run_in_parts() -> None:
    sizes = []

    def call(feeds):
        sizes.append(len(feeds["x"]))
        return {"y": feeds["x"] * 2}

    out = in_batches(call, {"x": np.arange(5.0)}, 2)
    np.testing.assert_array_equal(out["y"], np.arange(5.0) * 2)
    assert sizes == [2, 2, 2]


def test_sittings_at_different_places_take_one_model_call_together(counted) -> None:
    painter, fed = counted
    wishes = (
        ("a red fox", {"seed": 1, "steps": 3, "count": 2}),
        ("a blue bird", {"seed": 2, "steps": 5, "guidance_scale": 1.0}),
        ([("a house", 2.0), ("snow", -1.0)], {"seed": 3, "steps": 4, "memory": 0.0, "solver": "multistep"}),
    )
    alone = [list(painter.steps(prompt, **options)) for prompt, options in wishes]
    begun = [painter.begin(painter.prepare(prompt, **options)) for prompt, options in wishes]
    together: list[list] = [[], [], []]
    fed.clear()
    turns = 0
    while any(not each.walk.is_done for each in begun):
        # The first starts a step late, so that they never stand at the same time.
        going = [i for i, each in enumerate(begun) if not each.walk.is_done and (turns or i)]
        for i, step in zip(going, painter.advance([begun[i] for i in going]), strict=True):
            together[i].append(step)
        turns += 1
    assert [name for name, _ in fed] == ["denoiser"] * turns and turns == 5
    for one, other in zip(alone, together, strict=True):
        assert [step.t for step in one] == [step.t for step in other]
        np.testing.assert_allclose(one[-1].clean, other[-1].clean, atol=1e-5)


def test_meaning_is_a_unit_vector_for_each_text(painter) -> None:
    vectors = painter.meaning(["a dog", "a puppy", "a house"])
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_what_is_not_wanted_leads_away_by_guidance(counted) -> None:
    painter, fed = counted
    step = list(painter.steps([("a red fox", 2.0), ("snow", -1.0)], seed=1, steps=2, guidance_scale=3.0))[-1]
    feeds = [feeds for name, feeds in fed if name == "denoiser"][-1]
    wanted, unwanted, nothing = painter.backend.run("denoiser", feeds)["clean"]
    expected = nothing + 3.0 * (wanted - nothing) - 3.0 * 0.5 * (unwanted - nothing)
    np.testing.assert_allclose(step.clean[0], expected, atol=1e-4)


def test_a_picture_that_stops_on_its_way_is_shown_without_guidance(counted) -> None:
    painter, calls = counted
    said = {"seed": 5, "steps": 4, "guidance_scale": 4.0}
    whole = list(painter.steps("a red fox", **said))
    stopped = list(painter.steps("a red fox", **said, stop=3))
    assert [step.guidance for step in whole][1:3] == [4.0, 4.0]
    assert [step.guidance for step in stopped][1:3] == [4.0, 1.0]
    assert np.array_equal(stopped[1].clean, whole[1].clean) and not np.array_equal(stopped[2].clean, whole[2].clean)
    (picture,) = painter.finish(stopped[2])
    assert (picture.recipe["stop"], picture.recipe["stopped_after"]) == (3, 3)
    assert painter.replay(picture.recipe).encode() == picture.encode()
    with pytest.raises(UserError, match="stop must be between 1 and 4"):
        painter.prepare("a red fox", steps=4, stop=5)


def test_what_is_not_wanted_is_said_of_the_picture_that_is(painter: Painter) -> None:
    sitting = painter.prepare([("a lake", 1.0), ("clouds", -0.5)], seed=1)
    plain = painter.prepare("a lake, clouds", seed=1)
    assert np.array_equal(sitting.states[1], plain.states[0])
    long = " ".join(["word"] * 60)
    assert painter.prepare([(long, 1.0), ("clouds", -0.5)], seed=1).states[1].any()
