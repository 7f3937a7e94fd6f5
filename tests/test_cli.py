"""The command line as people use it: whole processes, exit codes, one object on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from allaprima import cli
from allaprima.engine.picture import read_recipe

FOX = "a red fox under a starry night sky"


@pytest.fixture
def run(tiny_bundle: Path, tmp_path: Path, capsys, monkeypatch):
    """Run a command line inside this process, in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLAPRIMA_BUNDLE", str(tiny_bundle))
    monkeypatch.setenv("ALLAPRIMA_THREADS", "1")

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            cli.main(list(words))
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


def test_a_process_paints_and_prints_one_object(tiny_bundle, tmp_path) -> None:
    words = ["imagine", FOX, "--seed", "7", "--out", "fox.png", "--json", "--bundle", str(tiny_bundle)]
    done = subprocess.run(
        [sys.executable, "-m", "allaprima.cli", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert set(said) == {"pictures", "timing_ms", "model", "steps"}
    (picture,) = said["pictures"]
    assert set(picture) == {"path", "seed", "width", "height", "sha256", "recipe"}
    assert (picture["seed"], picture["width"], picture["height"]) == (7, 256, 256)
    assert set(said["timing_ms"]) == {"load", "text", "denoise", "decode", "total"}
    assert set(said["model"]) == {"name", "sha256"}
    assert said["steps"] == 4
    assert read_recipe(tmp_path / "fox.png") == picture["recipe"]


def test_imagine_imports_nothing_of_the_trainers() -> None:
    code = (
        "import sys, allaprima.cli, allaprima.engine.commands, allaprima.engine.painter;"
        "print([m for m in ('torch', 'onnx', 'fastapi', 'resvg_py') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_same_seed_gives_the_same_file(run, tmp_path) -> None:
    for name in ("a.png", "b.png"):
        assert run("imagine", FOX, "--seed", "7", "--out", name)[0] == 0
    assert run("imagine", FOX, "--seed", "8", "--out", "c.png")[0] == 0
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.png", "b.png", "c.png"))
    assert a == b != c


def test_without_out_the_prompt_names_the_file(run, tmp_path) -> None:
    code, out, _ = run("imagine", "A Red Fox, 狐!", "--seed", "3", "--steps", "1")
    assert (code, out) == (0, "a-red-fox-3.png\n")
    assert (tmp_path / "a-red-fox-3.png").is_file()
    assert run("imagine", "狐", "--seed", "3", "--steps", "1")[1] == "picture-3.png\n"


@pytest.mark.parametrize(("name", "kind"), [("x.webp", "WEBP"), ("x.jpg", "JPEG"), ("x.png", "PNG")])
def test_the_suffix_says_the_format(run, tmp_path, name, kind) -> None:
    assert run("imagine", "a cat", "--out", name, "--steps", "1")[0] == 0
    with Image.open(tmp_path / name) as image:
        assert image.format == kind


def test_several_pictures_are_numbered(run, tmp_path) -> None:
    code, out, _ = run("imagine", "a cat", "--count", "3", "--seed", "1", "--out", "x.png", "--json")
    pictures = json.loads(out)["pictures"]
    assert code == 0
    assert [each["path"] for each in pictures] == ["x-1.png", "x-2.png", "x-3.png"]
    assert [each["seed"] for each in pictures] == [1, 2, 3]


def test_parameters_are_written_inside_the_prompt(run) -> None:
    prompt = "a {red, blue} fox --ar 3:2 --no trees --seed 4 --style pixel-art --draft --repeat 2 --chaos 9 --p"
    code, out, err = run("imagine", prompt, "--out", "x.png", "--json")
    pictures = json.loads(out)["pictures"]
    assert code == 0
    assert [each["seed"] for each in pictures] == [4, 5, 4, 5]
    assert {(each["width"], each["height"]) for each in pictures} == {(384, 256)}
    recipe = pictures[0]["recipe"]
    assert recipe["steps"] == 2 and recipe["style"] == "pixel art"
    assert recipe["parts"] == [["a red fox", 2.0], ["trees", -1.0]]
    assert recipe["chaos"] == 9
    assert err.count("No profile is called 'default'") == 1


def test_parameters_need_no_quotes(run) -> None:
    code, out, _ = run("imagine", "a", "red", "fox", "--ar", "1:2", "--steps", "1", "--quality", "1", "--json")
    assert code == 0
    picture = json.loads(out)["pictures"][0]
    assert (picture["recipe"]["prompt"], picture["width"], picture["height"]) == ("a red fox", 256, 512)


def test_stop_leaves_the_picture_unfinished_and_flags_go_first(run) -> None:
    code, out, _ = run("imagine", "a fox --stop 50 --seed 9", "--seed", "2", "--steps", "4", "--json")
    recipe = json.loads(out)["pictures"][0]["recipe"]
    assert code == 0
    assert (recipe["steps"], recipe["stopped_after"], recipe["seed"]) == (16, 8, 2)


def test_watching_draws_on_stderr_and_leaves_stdout_alone(run) -> None:
    code, out, err = run("imagine", "a cat", "--watch", "--out", "x.png", "--json")
    assert code == 0 and json.loads(out)["steps"] == 4
    assert "▀" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([""], "empty"),
        ([], "prompt"),
        (["x" * 10_000], "10,000"),
        (["a\x1bb"], "U+001B"),
        (["a", "--out", "x.gif"], ".gif"),
        (["a", "--out", "x"], "no suffix"),
        (["a", "--out", "nowhere/x.png"], "does not exist"),
        (["a", "--out", "/proc/x.png"], "/proc/x.png"),
        (["a", "--steps", "0"], "steps"),
        (["a", "--steps", "1000000"], "steps"),
        (["a", "--steps", "many"], "--steps"),
        (["a", "--width", "0"], "width"),
        (["a", "--height", "100000"], "height"),
        (["a", "--count", "0"], "count"),
        (["a", "--seed", "-1"], "seed"),
        (["a", "--memory", "2"], "memory"),
        (["a", "--guidance", "nan"], "guidance"),
        (["a", "--style", "baroque"], "baroque"),
        (["a", "--threads", "-1"], "threads"),
        (["a", "--bundle", "nowhere"], "No model bundle"),
        (["a", "--nonsense"], "--nonsense"),
        (["a --nonsense 3"], "--nonsense"),
        (["a --ar 3"], "ar"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_wrong_words_get_one_line_and_exit_code_2(run, tmp_path, words, said, as_json) -> None:
    code, out, err = run("imagine", *words, *(["--json"] if as_json else []))
    assert code == 2
    assert said in err and err.count("\n") == 1
    if as_json:
        assert said in json.loads(out)["error"]["message"]
    else:
        assert out == ""
    assert not list(tmp_path.iterdir())


def test_a_damaged_bundle_is_refused(run, tiny_bundle, tmp_path) -> None:
    import shutil

    copy = Path(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    raw = bytearray((copy / "denoiser.onnx").read_bytes())
    raw[100] ^= 1
    (copy / "denoiser.onnx").write_bytes(raw)
    code, out, err = run("imagine", "a", "--bundle", str(copy), "--out", "x.png")
    assert code == 2 and "denoiser.onnx" in err and out == ""
    assert not (tmp_path / "x.png").exists()


def test_doctor_tells_settings_machine_backend_and_bundle(run) -> None:
    code, out, _ = run("doctor", "--json")
    report = json.loads(out)
    assert code == 0 and report["problems"] == []
    assert report["backend"]["name"] == "onnxruntime" and report["backend"]["networks_ms"] > 0
    assert report["bundle"]["name"] == "tiny" and report["machine"]["usable_cores"] >= 1
    threads = next(row for row in report["settings"] if row["variable"] == "ALLAPRIMA_THREADS")
    assert (threads["value"], threads["source"]) == (1, "ALLAPRIMA_THREADS")
    code, out, _ = run("doctor")
    assert code == 0 and "everything works" in out and "ALLAPRIMA_STEPS" in out


def test_doctor_fails_when_something_is_broken(run, monkeypatch) -> None:
    code, out, _ = run("doctor", "--bundle", "nowhere")
    assert code == 1 and "BROKEN: No model bundle" in out
    monkeypatch.setenv("ALLAPRIMA_STEPS", "many")
    code, out, _ = run("doctor", "--json")
    assert code == 1 and "ALLAPRIMA_STEPS" in json.loads(out)["problems"][0]


def test_a_room_whose_library_is_missing_says_what_to_install(run, monkeypatch, tmp_path) -> None:
    (tmp_path / "needy_room.py").write_text("import a_library_nobody_has\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(cli, "ROOMS", (cli.Room("train", "needy_room", "app", "Train.", "train"),))
    monkeypatch.setattr(cli, "app", _fresh_app())
    code, out, err = run("train", "denoiser")
    assert code == 2 and out == ""
    assert "a_library_nobody_has" in err and "pip install 'allaprima[train]'" in err
    assert err.count("\n") == 1


def test_a_library_missed_only_in_mid_command_is_told_the_same_way(run, monkeypatch, tmp_path) -> None:
    (tmp_path / "late_room.py").write_text("def serve():\n    import a_library_nobody_has\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(cli, "ROOMS", (cli.Room("serve", "late_room", "serve", "Serve.", "serve"),))
    monkeypatch.setattr(cli, "app", _fresh_app())
    code, _, err = run("serve")
    assert code == 2 and "pip install 'allaprima[serve]'" in err


def _fresh_app():
    import typer

    app = typer.Typer(cls=cli.Rooms, no_args_is_help=True, add_completion=False)
    app.callback()(cli.root)
    return app


def test_rooms_are_listed_without_being_imported(run) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from allaprima import cli\ntry: cli.main(['--help'])\n"
         "except SystemExit: print([m for m in ('numpy', 'onnxruntime', 'torch') if m in sys.modules])"],
        capture_output=True, text=True, timeout=300, env={**os.environ, "TERM": "dumb"},
    )  # fmt: skip
    assert "imagine" in done.stdout and "doctor" in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_our_own_mistakes_are_one_line_and_exit_code_1(run, monkeypatch) -> None:
    from allaprima.engine import painter

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(painter.Painter, "prepare", fail)
    code, out, err = run("imagine", "a fox", "--out", "x.png", "--json")
    assert code == 1 and "boom" in json.loads(out)["error"]["message"] and err.count("\n") == 1
    monkeypatch.setenv("ALLAPRIMA_DEBUG", "1")
    with pytest.raises(RuntimeError, match="boom"):
        cli.main(["imagine", "a fox", "--out", "x.png"])


def test_version_and_help(run) -> None:
    assert run("--version")[1].startswith("allaprima ")
    code, out, _ = run("imagine", "--help")
    assert code == 0 and "--memory" in out
