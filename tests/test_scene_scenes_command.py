"""`allaprima scenes`: a sheet to look at, and one clear line when it cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from allaprima.errors import CorpusError, UserError
from allaprima.scene.corpus import PIXELS, ROWS
from allaprima.scene.scenes_commands import app
from tiny_drawings import tiny_corpus


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("corpus")
    corpus = tiny_corpus()
    np.save(place / PIXELS, np.stack([corpus.image(i) for i in range(len(corpus))]))
    (place / ROWS).write_text("".join(drawing.row() + "\n" for drawing in corpus.drawings), encoding="utf-8")
    return place


def test_a_sheet_is_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    result = CliRunner().invoke(
        app, ["--sheet", str(out), "--count", "7", "--columns", "3", "--size", "64", "--corpus", str(folder)]
    )
    assert result.exit_code == 0, result.output
    with Image.open(out) as sheet:
        assert sheet.size[0] > 3 * 192
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


@pytest.mark.parametrize(
    ("name", "says"), [("sheet.txt", "ends in one of"), ("nowhere/sheet.png", "make it first")]
)
def test_an_impossible_sheet_is_said(folder: Path, tmp_path: Path, name: str, says: str) -> None:
    result = CliRunner().invoke(app, ["--sheet", str(tmp_path / name), "--corpus", str(folder)])
    assert isinstance(result.exception, UserError) and says in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_a_missing_corpus_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--sheet", str(tmp_path / "s.png"), "--corpus", str(tmp_path / "none")])
    assert isinstance(result.exception, CorpusError) and "allaprima corpus build" in str(result.exception)
