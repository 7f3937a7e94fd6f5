"""The search of shapes through its doors: the space, a real study of tiny proxies that goes on, its picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("optuna")

from allaprima.errors import TrainingError  # noqa: E402
from allaprima.train import search  # noqa: E402
from allaprima.train.bank import Bank  # noqa: E402
from allaprima.train.denoiser import PRESETS, Denoiser, DenoiserConfig  # noqa: E402
from allaprima.train.latency import LatencyTable, Part  # noqa: E402
from allaprima.train.pareto_picture import drawn  # noqa: E402
from allaprima.train.pruning import Exam  # noqa: E402
from allaprima.train.search import Point, Trust, pareto, proxy, search_shapes, shape, shipped_params  # noqa: E402
from tiny_teacher import tiny_teacher  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_teacher(tmp_path_factory.mktemp("runs")) / "bank"


def made_up(part: Part) -> float:
    return sum(part.widths) * part.side / 1000


def point(number: int, loss: float, ms: float, again: float | None = None, **changed: object) -> Point:
    return Point(number, {**shipped_params(), "middle": 1, **changed}, loss, ms, again)


def test_the_shipped_shape_is_in_the_space() -> None:
    assert shape(shipped_params()) == PRESETS["s"]
    assert all(shipped_params()[name] in options for name, options in search.SPACE.items())


def test_every_point_of_the_space_can_be_built_and_its_proxy_too() -> None:
    for name, options in search.SPACE.items():
        for option in options:
            for middle in (0, 2):
                config = proxy(shape({**shipped_params(), "middle": middle, name: option}))
                assert isinstance(Denoiser(config), Denoiser)
                assert any(config.attended or [1] * config.attentions())  # something reads the words
    config = shape({**shipped_params(), "middle": 2, "attention": "down and middle"})
    assert config.attended == (1, 1, 1, 1, 0, 0)
    assert proxy(config) == DenoiserConfig((48, 96, 160), (1, 2), 2, (2, 2), 128, attended=config.attended)


def test_longer_proxies_learn_more(bank: Path) -> None:
    scenes = Bank(bank)
    exam = Exam.of(scenes, 32, fast=False)
    brief, longer = (
        search.train_proxy(PRESETS["xs"], scenes, exam, seconds=seconds, seed=0, batch=8, lr=3e-3)
        for seconds in (0.05, 6.0)
    )
    assert longer.scenes > brief.scenes > 0
    assert longer.loss < 0.5 * brief.loss


def test_a_study_goes_on_where_it_stopped_and_trains_some_shapes_twice(bank: Path, tmp_path: Path) -> None:
    table = LatencyTable(tmp_path / "latency.json", measure=made_up, checked="made up")
    options = {"folder": tmp_path / "search", "bank": bank, "table": table, "seconds": 0.05, "batch": 4,
               "exam_scenes": 8}  # fmt: skip
    assert search_shapes(**options, trials=2, repeat=0)["trials"] == 2
    report = search_shapes(**options, trials=4, repeat=2)
    assert report["trials"] == 4 and report["trust"]["pairs"] == 1
    tried = search.points(search.open_study(tmp_path / "search", 0))
    assert tried[0].is_shipped and len({json.dumps(p.params, sort_keys=True) for p in tried}) == 4
    assert sum(p.again is not None for p in tried) == 2 and tried[0].again is not None
    most = 1.15 * table.total(PRESETS["s"])
    assert all(p.ms == pytest.approx(table.total(shape(p.params))) and p.ms <= most for p in tried)
    before = tried[0].loss
    search_shapes(**options, trials=4, repeat=2)
    assert search.points(search.open_study(tmp_path / "search", 0))[0].loss == before
    log = (tmp_path / "search" / "log.txt").read_text()
    assert log.count("trial ") >= 4 and log.count("again ") == 2


def test_the_front_is_what_nothing_beats() -> None:
    tried = [point(0, 0.5, 9.0), point(1, 0.6, 5.0), point(2, 0.7, 6.0), point(3, 0.55, 5.0), point(4, 0.5, 8.0)]
    assert [p.number for p in pareto(tried)] == [3, 4]


def test_trust_counts_pairs_in_the_same_order() -> None:
    tried = [point(0, 0.5, 9.0, 0.52), point(1, 0.6, 5.0, 0.64), point(2, 0.7, 6.0, 0.6), point(3, 0.9, 1.0)]
    trust = Trust.of(tried)
    assert trust is not None and (trust.pairs, trust.alike) == (3, 2)
    assert trust.noise == pytest.approx((0.02 + 0.04 + 0.1) / 3)
    assert Trust.of(tried[3:]) is None


def test_the_verdict_weighs_gains_against_what_seeds_differ_by() -> None:
    shipped = point(0, 0.60, 10.0, 0.61, middle=0)
    assert "no verdict yet" in search.verdict([shipped])
    clear = search.verdict([shipped, point(1, 0.50, 9.0, 0.51), point(2, 0.40, 11.0)])
    assert "trial 1" in clear and "more than twice" in clear and "not more" not in clear
    assert "not more than twice" in search.verdict([shipped, point(1, 0.59, 9.0, 0.58)])
    assert "nothing that takes no more time" in search.verdict([shipped, point(1, 0.70, 9.0, 0.71)])


def test_the_picture_marks_the_front_and_the_shipped_shape() -> None:
    tried = [point(0, 0.5, 9.0, 0.52, middle=0), point(1, 0.6, 5.0), point(2, 0.7, 6.0)]
    picture = ElementTree.fromstring(drawn(tried))
    circles = picture.findall("{http://www.w3.org/2000/svg}circle")
    colours = [circle.get("fill") for circle in circles]
    assert len(circles) == 3 and colours[0] not in colours[1:] and colours[1] != colours[2]
    line = picture.find("{http://www.w3.org/2000/svg}polyline")
    assert line is not None and len((line.get("points") or "").split()) == 2
    assert any("shipped" in (text.text or "") for text in picture.iter("{http://www.w3.org/2000/svg}text"))


def test_numbers_that_make_no_study_are_refused(bank: Path, tmp_path: Path) -> None:
    for wrong in ({"trials": 0}, {"budget": 0.9}, {"seconds": 0.0}):
        with pytest.raises(TrainingError, match="a study has"):
            search_shapes(folder=tmp_path, bank=bank, **wrong)
