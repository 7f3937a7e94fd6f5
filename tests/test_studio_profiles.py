"""Profiles: a taste made of pictures that somebody likes, followed by --p, kept in recipes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from allaprima.cli import main
from allaprima.engine import taste
from allaprima.engine.wish import read_wishes
from allaprima.errors import UserError
from allaprima.gallery import Gallery
from allaprima.studio import operations, profiles

FOX = "a red fox under a starry night sky"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ALLAPRIMA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def paint(painter, prompt):
    (wish,) = read_wishes(prompt, {"seed": 3, "steps": 2})
    return painter.paint(wish.parts, **wish.options), wish.notes


def test_a_profile_is_followed_as_strongly_as_stylize_says(painter, home) -> None:
    profiles.make(painter, "warm", ["a sunset over the ocean", "a red apple"])
    plain = paint(painter, FOX)[0].pixels.astype(float)
    far = [np.abs(paint(painter, f"{FOX} --p warm{end}")[0].pixels - plain).mean() for end in
           (" --stylize 0", "", " --stylize 300")]  # fmt: skip
    # --stylize also weighs the look, so 0 is held against itself without a profile.
    bare = np.abs(paint(painter, f"{FOX} --stylize 0")[0].pixels - plain).mean()
    assert far[0] == bare and 0.0 < far[1] < far[2]
    assert np.array_equal(paint(painter, f"{FOX} --p none")[0].pixels, plain)


def test_the_direction_leads_to_what_is_liked(painter, home) -> None:
    made = profiles.make(painter, "warm", ["a red fox", "a red apple"], ["a blue bird", "a green tree"])
    red, blue = painter.word_means(["red", "blue"]) @ made.direction
    assert red > blue and (made.liked, made.others) == (2, 2)
    back = profiles.make(painter, "cool", ["a blue bird", "a green tree"], ["a red fox", "a red apple"])
    np.testing.assert_allclose(made.direction, -back.direction, atol=2e-3)
    both = taste.mixed([(made, 1.0), (back, 1.0)], 1.0)
    np.testing.assert_allclose(taste.unpacked(both["direction"]), 0.0, atol=2e-3)


def test_a_recipe_repeats_after_the_profile_has_gone(painter, home) -> None:
    profiles.make(painter, "default", ["a sunset over the ocean"])
    picture, notes = paint(painter, f"{FOX} --p")
    assert notes == () and picture.recipe["taste"]["profiles"] == ["default"]
    (child,) = operations.perform(painter, "vary", [picture], count=1, seed=5)
    profiles.remove("default")
    assert painter.replay(json.loads(json.dumps(picture.recipe))).encode() == picture.encode()
    assert child.recipe["taste"] == picture.recipe["taste"]
    assert operations.replay(painter, child.recipe).encode() == child.encode()
    _, notes = paint(painter, f"{FOX} --p")
    assert "No profile is called 'default'" in notes[0] and "without it" in notes[0]


def test_another_models_profile_is_refused(painter, home) -> None:
    made = profiles.make(painter, "warm", ["a sunset"])
    other = taste.mixed([(taste.Profile("warm", made.direction, "0" * 64, 1, 0), 1.0)], 1.0)
    with pytest.raises(UserError, match="another model's text encoder"):
        painter.paint(FOX, taste=other)
    with pytest.raises(UserError, match="no profile's direction"):
        painter.paint(FOX, taste={"direction": "?"})


@pytest.fixture
def run(home, tiny_bundle, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLAPRIMA_BUNDLE", str(tiny_bundle))

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(list(words))
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


def test_the_commands(run, painter, tmp_path) -> None:
    painter.paint("a sunset over the ocean", seed=1, steps=1).save(tmp_path / "liked.png")
    assert run("profile", "list") == (0, "", "")
    code, out, _ = run("profile", "make", "warm", "liked.png", "--json")
    assert code == 0 and json.loads(out)["liked"] == 1
    assert "warm" in run("profile", "list")[1] and "liked    1" in run("profile", "show", "warm")[1]
    code, out, err = run("imagine", FOX, "--p", "warm", "--seed", "3", "--json")
    assert code == 0 and json.loads(out)["pictures"][0]["recipe"]["taste"]["profiles"] == ["warm"], err
    assert run("profile", "remove", "warm")[0] == 0 and run("profile", "show", "warm")[0] == 2
    for words in (("make", "warm"), ("make", "a/b", "liked.png"), ("make", "warm", "none.png"),
                  ("make", "warm", "--favourites")):  # fmt: skip
        code, out, err = run("profile", *words)
        assert code == 2 and out == "" and err.count("\n") == 1


def test_a_profile_of_favourites(run, painter, home) -> None:
    home.mkdir()
    gallery = Gallery.open(str(home / "gallery.db"), str(home / "pictures"))
    for seed, words in enumerate(("a red fox", "a red apple", "a blue bird")):
        picture = painter.paint(words, seed=seed, steps=1)
        entry = gallery.keep(picture.encode(), recipe=picture.recipe, owner="me", words=words)
        gallery.favourite(entry.id, "red" in words)
    gallery.close()
    code, out, err = run("profile", "make", "default", "--favourites", "--json")
    assert code == 0, err
    assert (json.loads(out)["liked"], json.loads(out)["others"]) == (2, 1)
