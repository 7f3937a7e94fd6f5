"""A grid from words and pictures: image prompts, characters, styles, and the command that paints it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from allaprima.cli import main
from allaprima.engine.picture import Picture
from allaprima.errors import UserError
from allaprima.studio import operations
from allaprima.studio.operations import grid, pictures

MONSTER = (250, 0, 250)


def given(pixels: np.ndarray, name: str) -> Picture:
    return Picture(pixels, pictures.given_recipe(pixels, name))


@pytest.fixture(scope="module")
def shelf() -> dict[str, Picture]:
    monster = Image.new("RGB", (120, 120), (255, 255, 255))
    ImageDraw.Draw(monster).ellipse((20, 20, 100, 100), fill=MONSTER)
    return {
        "monster.png": given(np.asarray(monster), "monster.png"),
        "green.png": given(np.full((64, 96, 3), (20, 160, 40), np.uint8), "green.png"),
    }


def imagine(painter, shelf, prompt, **more):
    parents, roles = grid.collect(prompt, lambda ref: shelf[ref])
    return operations.perform(painter, "imagine", parents, prompt=prompt, roles=roles, steps=4, **more)


def test_a_prompt_alone_gives_the_grid_that_the_painter_gives(painter, shelf) -> None:
    four = imagine(painter, shelf, "a red fox --ar 3:2 --seed 4")
    assert len(four) == 4
    plain = painter.paint_batch("a red fox", seed=4, count=4, steps=4, width=384, height=256)
    assert all(np.array_equal(one.pixels, other.pixels) for one, other in zip(four, plain, strict=True))
    assert grid.sheet(four).shape == (512, 768, 3)


def test_a_picture_before_the_words_counts_by_its_weight(painter, shelf) -> None:
    green = shelf["green.png"].pixels[0, 0].astype(float)
    distances = []
    for weight in (0, 1, 3):
        (one,) = imagine(painter, shelf, f"green.png a fox --iw {weight} --seed 4", count=1)
        distances.append(float(np.abs(one.pixels.astype(float) - green).mean()))
    assert distances[0] > distances[1] > distances[2]


def test_a_character_plays_the_thing_that_the_words_name(painter, shelf) -> None:
    (one,) = imagine(painter, shelf, "a dog in the snow --cref monster.png --seed 4", count=1)
    (reference,) = one.recipe["references"]
    assert reference["name"] == "monster" and reference["for"] == "dog"
    assert reference["source"] == "a picture given to this one" and "not checked" in reference["licence"]
    x0, y0, x1, y1 = (round(edge * 256) for edge in reference["boxes"][0])
    middle = one.pixels[(y0 + y1) // 2, (x0 + x1) // 2].astype(int)
    plain = painter.paint("a dog in the snow", seed=4, steps=4).pixels[(y0 + y1) // 2, (x0 + x1) // 2].astype(int)
    assert np.abs(middle - MONSTER).sum() < np.abs(plain - MONSTER).sum()
    source = {pictures.digest(shelf["monster.png"].pixels): shelf["monster.png"].pixels}
    assert operations.replay(painter, json.loads(json.dumps(one.recipe)), source).encode() == one.encode()


def test_a_style_reference_gives_its_colours(painter, shelf) -> None:
    green = shelf["green.png"].pixels[0, 0].astype(float)

    def distance(prompt: str) -> float:
        (one,) = imagine(painter, shelf, prompt, count=1)
        return float(np.abs(one.pixels.mean(axis=(0, 1)) - green).mean())

    plain, half, full = (distance(f"a red fox --seed 4{end}") for end in
                         ("", " --sref green.png --sw 50", " --sref green.png --sw 150"))  # fmt: skip
    assert plain > half > full


def test_a_style_reference_that_was_painted_here_gives_its_style(painter, shelf) -> None:
    (line,) = painter.paint_batch("a fox", seed=3, steps=4, style="line")
    (plain,) = painter.paint_batch("a fox", seed=3, steps=4)
    drawn = {each["style"] for each in plain.recipe["references"]}
    own = {**shelf, "line.png": line, "plain.png": plain}

    def painted(words: str) -> Picture:
        return imagine(painter, own, f"{words} --seed 4", count=1)[0]

    for words, style in (
        ("a dog --sref line.png", "line"),
        ("a dog --sref plain.png", drawn.pop()),  # nobody asked for it, but its drawing was in one
        ("a dog --sref line.png --style pixel-art", "pixel art"),  # what is asked for goes first
        ("a dog, pixel art --sref line.png", None),
        ("a dog --sref line.png green.png", None),  # a file of which nothing is known
        ("a dog --sref line.png --sw 0", None),
    ):
        one = painted(words)
        assert one.recipe.get("style") == style, words
        told = "painted here in the style" in " ".join(one.recipe["notes"])
        assert told == (style is not None and "--style" not in words), words
    assert not drawn


def test_roles_and_pictures_must_agree(painter, shelf) -> None:
    with pytest.raises(UserError, match="a role for each picture"):
        operations.perform(painter, "imagine", [shelf["green.png"]], prompt="a fox")
    with pytest.raises(UserError, match="A role is"):
        operations.perform(painter, "imagine", [shelf["green.png"]], prompt="a fox", roles=[{"role": "nobody"}])


def test_the_commands_from_words_to_a_replay(tiny_bundle, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("ALLAPRIMA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALLAPRIMA_BUNDLE", str(tiny_bundle))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        return int(ended.value.code or 0), capsys.readouterr().out

    code, out = run("grid", "a", "red", "fox", "--seed", "4", "--steps", "2", "--sheet", "sheet.png")
    assert code == 0 and out.split() == [f"a-red-fox-{n}.png" for n in range(1, 5)]
    code, out = run("region", "a-red-fox-2.png", "--mask", "0,0,0.5,0.5", "-n", "1", "--seed", "1", "--json")
    made = json.loads(out)
    assert code == 0 and made["pictures"][0]["path"] == "a-red-fox-2-region.png"
    assert run("upscale", "a-red-fox-2-region.png", "--side", "300", "-o", "large.webp")[0] == 0
    assert run("replay", "a-red-fox-2-region.png", "-o", "again.png")[0] == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "a-red-fox-2-region.png").read_bytes()
    assert run("shorten", "a red fox in the snow", "--json")[0] == 0
    assert run("describe", "sheet.png")[0] == 0
    assert run("vary", "missing.png")[0] == 2
