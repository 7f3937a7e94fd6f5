"""The studio's commands as people write them: pictures in a prompt, pictures of the gallery by their ids."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from allaprima import cli
from allaprima.engine.picture import read_recipe


@pytest.fixture
def run(tiny_bundle: Path, tmp_path: Path, capsys, monkeypatch):
    """Run a command line in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLAPRIMA_BUNDLE", str(tiny_bundle))
    monkeypatch.setenv("ALLAPRIMA_THREADS", "1")
    monkeypatch.setenv("ALLAPRIMA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALLAPRIMA_STEPS", "4")

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            cli.main(list(words))
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


@pytest.fixture
def files(tmp_path: Path) -> None:
    Image.new("RGB", (96, 64), (20, 160, 40)).save(tmp_path / "green.png")
    monster = Image.new("RGB", (120, 120), (255, 255, 255))
    ImageDraw.Draw(monster).ellipse((20, 20, 100, 100), fill=(250, 0, 250))
    monster.save(tmp_path / "monster.png")


def test_imagine_begins_from_the_pictures_before_the_words(run, files, tmp_path) -> None:
    code, out, err = run("imagine", "green.png", "a fox", "--iw", "3", "--seed", "4", "-o", "one.png")
    assert (code, out) == (0, "one.png\n") and "looked at" not in err
    run("imagine", "a fox", "--seed", "4", "-o", "plain.png")
    green = np.asarray((20, 160, 40), float)
    far, near = (np.abs(np.asarray(Image.open(tmp_path / name), float) - green).mean() for name in
                 ("plain.png", "one.png"))  # fmt: skip
    assert near < far
    assert read_recipe(tmp_path / "one.png")["operation"]["arguments"]["roles"][0]["ref"] == "green.png"


def test_imagine_casts_characters_and_follows_styles(run, files) -> None:
    code, out, err = run("imagine", "a dog in the snow --cref monster.png --sref green.png --seed 4", "--json")
    assert code == 0, err
    (picture,) = json.loads(out)["pictures"]
    assert [each["name"] for each in picture["recipe"]["references"]] == ["monster"]
    assert "colours and contrasts" in err
    # The same from its recipe, with the pictures given again.
    code, out, _ = run("replay", picture["path"], "--given", "monster.png", "--given", "green.png", "--json")
    assert code == 0 and json.loads(out)["pictures"][0]["sha256"] == picture["sha256"]


def test_imagine_paints_as_many_as_are_asked_for(run, files) -> None:
    code, out, _ = run("imagine", "green.png a {fox, dog} --repeat 2 --seed 4", "-n", "2", "-o", "many.png", "--json")
    said = json.loads(out)
    assert code == 0 and len(said["pictures"]) == 8
    assert [each["seed"] for each in said["pictures"]] == [4, 5, 6, 7] * 2
    assert len({each["sha256"] for each in said["pictures"]}) == 8


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("imagine", "none.png a fox"), "Cannot read the picture none.png"),
        (("imagine", "https://example.com/a.png a fox"), "is not fetched"),
        (("imagine", "green.png a fox", "--solver", "multistep"), "leave --solver away"),
        (("imagine", "green.png"), "too little"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(run, files, words, told, tmp_path) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "") and told in err and err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["green.png", "monster.png"]


@pytest.fixture
def kept(run, files, tmp_path) -> str:
    """The id of a picture that the gallery keeps."""
    from allaprima.gallery import Gallery

    run("imagine", "a fox", "--seed", "4", "-o", "fox.png")
    (tmp_path / "home").mkdir(exist_ok=True)
    gallery = Gallery.open(str(tmp_path / "home" / "gallery.db"), str(tmp_path / "home" / "pictures"))
    entry = gallery.keep(
        (tmp_path / "fox.png").read_bytes(), recipe=read_recipe(tmp_path / "fox.png"), owner="me", words="a fox"
    )
    gallery.close()
    (tmp_path / "fox.png").unlink()
    return str(entry.id)


@pytest.mark.parametrize(
    "words",
    [
        ("vary", "ID", "--seed", "1"),
        ("reroll", "ID", "-n", "1"),
        ("region", "ID", "--mask", "0,0,0.5,0.5", "-n", "1"),
        ("zoom", "ID", "-n", "1"),
        ("pan", "ID", "left", "-n", "1"),
        ("image-to-image", "ID", "-p", "a dog"),
        ("blend", "ID", "green.png", "-n", "1"),
        ("upscale", "ID"),
        ("describe", "ID"),
        ("replay", "ID"),
        ("imagine", "ID a fox"),
        ("grid", "a dog --cref ID", "-n", "1"),
    ],
)
def test_operations_take_pictures_of_the_gallery(run, kept, tmp_path, words) -> None:
    code, out, err = run(*(word.replace("ID", kept) for word in words), "--json")
    assert code == 0, err
    said = json.loads(out)
    if "pictures" in said:
        # Files are written where the command was called, with the id as their stem or the words.
        for each in said["pictures"]:
            path = Path(each["path"])
            assert path.is_file() and path.suffix == ".png" and path.parent == Path(".")
            assert words[0] == "replay" or kept not in each["recipe"].get("given", {})


def test_a_picture_that_the_gallery_does_not_have(run, kept) -> None:
    code, out, err = run("vary", "0" * 26)
    assert code == 2 and out == "" and "0" * 26 in err
