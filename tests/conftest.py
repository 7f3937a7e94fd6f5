"""What tests share: the tiny bundle, and a painter that has it open."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holding import Held

if TYPE_CHECKING:
    from allaprima.engine.painter import Painter


@pytest.fixture(scope="session", autouse=True)
def one_backend() -> Iterator[None]:
    """Painters run on onnxruntime, whatever else is installed, unless a test asks for something else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALLAPRIMA_BACKEND", "onnxruntime")
        yield


@pytest.fixture(scope="session", autouse=True)
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody's own drawings and gallery are read or written by tests."""
    before = os.environ.get("ALLAPRIMA_HOME")
    os.environ["ALLAPRIMA_HOME"] = str(tmp_path_factory.mktemp("home"))
    yield
    if before is None:
        del os.environ["ALLAPRIMA_HOME"]
    else:
        os.environ["ALLAPRIMA_HOME"] = before


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small real bundle, built once; copy it before changing anything in it."""
    if importlib.util.find_spec("onnx") is None:
        pytest.skip("building the tiny bundle needs onnx: pip install 'allaprima[train]'")
    from tiny_bundle import build

    return build(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="session")
def painter(tiny_bundle: Path) -> Painter:
    """A painter with the tiny bundle open; painters are safe to share."""
    from allaprima.engine.painter import Painter

    return Painter(tiny_bundle, "onnxruntime", threads=1)


@pytest.fixture
def hold(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Held]]:
    """Hold the painter before that call of the denoiser, counted from now, until the test lets it go on."""
    made: list[Held] = []

    def begin(at: int) -> Held:
        made.append(Held(painter, monkeypatch, at))
        return made[-1]

    yield begin
    for held in made:
        held.release()
    assert not any(held.timed_out for held in made), "the painter was held until it lost patience"
