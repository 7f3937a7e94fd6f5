"""Words in scenes: where the truth says, legible, quoted, offered in the collage; nothing else moves."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from allaprima import typeface
from allaprima.errors import CorpusError
from allaprima.scene import fetching, lettering
from allaprima.scene.colours import lightness
from allaprima.scene.compositor import Scene, compose
from allaprima.scene.corpus import Corpus
from allaprima.scene.lettering_words import choose_words, is_held_out
from allaprima.scene.sources import FONTS, Font
from allaprima.scene.typefaces import Typeface, collect, typefaces
from allaprima.scene.vocabulary import COLOUR_RGB
from tiny_drawings import tiny_corpus

FACE = Typeface("fredoka", typeface.PATH, "any", "OFL-1.1", "tests", "1", "tests", "")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return tiny_corpus((FACE,))


@pytest.fixture(scope="module")
def lettered(corpus: Corpus) -> list[Scene]:
    seeds = [s for s in range(700) if lettering.has_words(s)]
    scenes = [compose(corpus, seed, 128) for seed in seeds]
    assert len(scenes) > 35 and all(scene.truth.lettering for scene in scenes)
    return scenes


def test_a_seed_fixes_the_bytes_and_other_scenes_stay_as_they_were(corpus: Corpus) -> None:
    without = tiny_corpus()
    kinds = set()
    for seed in range(40):
        one, again, plain = compose(corpus, seed, 64), compose(corpus, seed, 64), compose(without, seed, 64)
        assert one.picture.tobytes() == again.picture.tobytes() and one.collage.tobytes() == again.collage.tobytes()
        assert (one.caption, one.short_caption, one.truth) == (again.caption, again.short_caption, again.truth)
        kinds.add(one.truth.lettering is None)
        if one.truth.lettering is None:
            assert one.picture.tobytes() == plain.picture.tobytes() and one.truth == plain.truth
            assert one.collage.tobytes() == plain.collage.tobytes() and one.caption == plain.caption
    assert kinds == {True, False}


def test_the_truth_can_be_written_as_json(lettered: list[Scene]) -> None:
    for scene in lettered:
        assert json.loads(json.dumps(asdict(scene.truth)))["lettering"]["lines"] == list(scene.truth.lettering.lines)


def test_a_seed_shows_the_same_words_at_another_size(corpus: Corpus, lettered: list[Scene]) -> None:
    for scene in lettered[:6]:
        large = compose(corpus, scene.seed, 256)
        assert large.truth.lettering == scene.truth.lettering
        halved = large.picture.reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
        assert np.abs(halved - scene.picture).mean() < 22


def test_words_stand_where_the_truth_says_in_the_colour_it_says(lettered: list[Scene]) -> None:
    for scene in lettered:
        words = scene.truth.lettering
        assert words is not None
        x0, y0, x1, y1 = words.box
        assert 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
        line = (y1 - y0) * 128 / len(words.lines)
        assert line >= 11 or (x1 - x0) > 0.62, (scene.seed, words)  # as high as the width allows
        mask = np.asarray(lettering.placed(words.lines, words.box, 128, typeface.PATH))
        inked = scene.picture[mask > 250]
        close = np.abs(inked.astype(int) - COLOUR_RGB[words.colour]).sum(axis=-1) < 90
        assert close.mean() > 0.6, (scene.seed, words)
        if words.carrier_colour:
            assert abs(lightness(COLOUR_RGB[words.colour]) - lightness(COLOUR_RGB[words.carrier_colour])) > 0.3
        if scene.truth.objects:
            box = scene.truth.objects[0].box
            assert box[1] >= y1 if words.place == "above" else box[3] <= y0
            assert 0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1


def test_both_captions_quote_the_words(lettered: list[Scene]) -> None:
    for scene in lettered:
        words = scene.truth.lettering
        assert words is not None
        for caption in (scene.caption, scene.short_caption):
            assert any(f"{a}{words.text}{b}" in caption for a, b in ("\"\"", "''", "“”", "‘’")), caption
            assert len(caption.split()) < 32 and "  " not in caption


def test_the_collage_offers_the_words_in_their_place(lettered: list[Scene]) -> None:
    for scene in lettered:
        words = scene.truth.lettering
        assert words is not None
        x0, y0, x1, y1 = (round(edge * 128) for edge in words.box)
        inside = scene.collage[max(y0 - 3, 0) : y1 + 3, max(x0 - 3, 0) : x1 + 3, 3] / 255
        assert inside.sum() > 0.12 * (x1 - x0) * (y1 - y0)
        if not scene.truth.objects:
            assert inside.sum() > 0.95 * (scene.collage[..., 3] / 255).sum()


def test_held_out_words_are_never_shown(lettered: list[Scene]) -> None:
    shown = {line.lower() for s in lettered if s.truth.lettering for line in s.truth.lettering.lines}
    assert shown and not any(is_held_out(word) for word in shown)
    rng = np.random.default_rng(0)
    for _ in range(400):
        lines, kind = choose_words(["red apple", "owl"], rng)
        assert not any(is_held_out(line) for line in lines) and kind in {"word", "number", "letters"}
        assert 1 <= len(lines) <= 2 and all(1 <= len(line) <= 10 for line in lines)


def test_a_face_without_lower_case_serves_capitals_only() -> None:
    upper, script = (Typeface("x", typeface.PATH, case, "OFL-1.1", "", "", "", "") for case in ("upper", "lower"))
    assert upper.serves("STOP 12") and not upper.serves("Stop")
    assert script.serves("Stop") and script.serves("1234") and not script.serves("STOP")


def test_typefaces_are_collected_with_their_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"a": b"under the SIL Open Font License, Version 1.1", "b": b"GNU GENERAL PUBLIC LICENSE"}

    def run(command: list[str], work: Path, source: Font) -> None:
        with tarfile.open(work / "x.tgz", "w:gz") as archive:
            for name, data in (("a.woff2", typeface.PATH.read_bytes()), ("LICENSE", texts[source.style])):
                entry = tarfile.TarInfo(f"package/{name}")
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))

    monkeypatch.setattr(fetching, "_run", run)
    fonts = [Font(f"@x/{name}", "1.0", name, "OFL-1.1", "A", layout="font", file="a.woff2") for name in "ab"]
    failures = collect(tmp_path, tmp_path / "packages", fonts)
    assert len(failures) == 1 and "@x/b" in failures[0]
    (found,) = typefaces(tmp_path)
    assert found.path.read_bytes() == typeface.PATH.read_bytes() and found.licence == "OFL-1.1"
    assert (tmp_path / "fonts" / "a-LICENSE.txt").read_bytes() == texts["a"]
    with pytest.raises(CorpusError, match="not permitted"):
        collect(tmp_path, tmp_path / "packages", [Font("@x/a", "1.0", "a", "GPL-3.0", "A", file="a.woff2")])
    assert all(font.licence == "OFL-1.1" for font in FONTS) and len(FONTS) == 12


def test_set_words_fit_their_ink() -> None:
    mask = np.asarray(typeface.set_words(("Hi", "fox")))
    assert mask[0].any() and mask[-1].any() and mask[:, 0].any() and mask[:, -1].any()
    with pytest.raises(ValueError, match="nothing"):
        typeface.set_words(("  ",))
