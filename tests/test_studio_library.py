"""Your own drawings: added from a folder, found by name, style and meaning, named in recipes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from allaprima.engine.painter import Painter
from allaprima.errors import UserError
from allaprima.studio import own_library
from allaprima.studio.library_commands import app

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<circle cx="5" cy="5" r="4" fill="#20a0f0"/></svg>'
)


def picture(path, colour, *, ground=None) -> None:
    image = Image.new("RGBA", (200, 120), ground or (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((50, 20, 150, 100), fill=colour)
    image.save(path)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ALLAPRIMA_HOME", str(tmp_path / "home"))
    folder = tmp_path / "drawings"
    folder.mkdir()
    picture(folder / "lily.png", (250, 0, 250))
    picture(folder / "Cat-2.webp", (10, 20, 30))
    picture(folder / "IMG_0001.png", (0, 255, 0), ground=(255, 255, 255, 255))
    picture(folder / "12.png", (0, 255, 0))
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "words.csv").write_text("file,name,keywords\nIMG_0001.png,Grumble,hound;serene\n")
    return folder


def added(folder, **more):
    return own_library.add(folder, style="My Heroes", licence="CC-BY-4.0", owner="Ada", **more)


def test_a_folder_is_added_and_found_by_name_style_and_meaning(home, tiny_bundle) -> None:
    done = added(home)
    assert done.names == ("cat", "grumble", "lily") and done.total == 3
    assert {file for file, _ in done.skipped} == {"12.png", "broken.png"}
    painter = Painter(tiny_bundle, "onnxruntime", threads=1)
    by_name = painter.paint("lily in the snow", seed=1, steps=2).recipe["references"]
    assert [each["name"] for each in by_name] == ["lily"]
    assert (by_name[0]["licence"], by_name[0]["owner"], by_name[0]["style"]) == ("CC-BY-4.0", "Ada", "My Heroes")
    by_style = painter.paint("a cat", seed=1, steps=2, style="my-heroes")
    assert by_style.recipe["style"] == "My Heroes"
    assert [each["style"] for each in by_style.recipe["references"]] == ["My Heroes"]
    # The bundle's own cat is the one for everybody else.
    assert painter.paint("a cat", seed=1, steps=2).recipe["references"][0]["style"] != "My Heroes"
    assert painter.paint("the grumble", seed=1, steps=2).recipe["references"][0]["name"] == "grumble"
    colours = painter.library.image(painter.library.named("grumble")[0])
    assert colours.shape[0] < colours.shape[1] and colours[0, 0, 3] == 0  # the white ground is gone
    assert painter.replay(by_style.recipe).encode() == by_style.encode()


def test_a_recipe_that_needs_a_removed_drawing_says_so(home, tiny_bundle) -> None:
    added(home)
    painter = Painter(tiny_bundle, "onnxruntime", threads=1)
    lily = painter.paint("lily", seed=1, steps=2)
    assert own_library.remove("my heroes", "lily") == 1
    painter.remember_own()
    with pytest.raises(UserError, match=r"painted from other drawings \(lily\)"):
        painter.replay(lily.recipe)


def test_adding_again_replaces_and_keeps_licence_and_owner(home) -> None:
    added(home)
    picture(home / "lily.png", (0, 0, 0))
    again = own_library.add(home / "lily.png", style="my heroes")
    assert again.total == 3
    found = own_library.show("My Heroes")
    assert (found.licence, found.owner) == ("CC-BY-4.0", "Ada")
    assert own_library.remove("My Heroes") == 3 and own_library.listed() == ()


def test_svg_and_rectangles(home, tmp_path) -> None:
    pytest.importorskip("resvg_py")
    one, is_whole = own_library.drawn(SVG.encode(), "ball.svg")
    assert one.size == (128, 128) and not is_whole
    noise = np.random.default_rng(0).integers(0, 255, (50, 60, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    _, is_whole = own_library.drawn((tmp_path / "noise.png").read_bytes(), "noise.png")
    assert is_whole


@pytest.mark.parametrize(
    ("style", "message"), [("pixel art", "knows already"), ("../x", "letters, digits"), ("", "letters, digits")]
)
def test_names_that_cannot_be(home, style, message) -> None:
    with pytest.raises(UserError, match=message):
        own_library.add(home, style=style)


def test_the_commands(home) -> None:
    run = CliRunner().invoke
    made = run(app, ["add", str(home), "--style", "heroes", "--json"])
    assert json.loads(made.stdout)["total"] == 3
    (row,) = json.loads(run(app, ["list", "--json"]).stdout)["styles"]
    assert row["style"] == "heroes" and row["drawings"] == 3
    assert "grumble (hound, serene)" in run(app, ["show", "heroes"]).stdout
    assert "3 removed" in run(app, ["remove", "heroes"]).stdout
    assert isinstance(run(app, ["show", "heroes"]).exception, UserError)
