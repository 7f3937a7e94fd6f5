"""The corpus: names that link styles, renders that are framed, builds that can be cut off and gone on with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from allaprima.errors import CorpusError, UserError
from allaprima.scene import building, fetching
from allaprima.scene.building import build
from allaprima.scene.chosen import chosen, emoji_aliases
from allaprima.scene.corpus import PIXELS, ROWS, Corpus
from allaprima.scene.corpus_commands import app
from allaprima.scene.fetching import fetch, folder_of
from allaprima.scene.naming import EmojiNames, is_skin_tone, worth_drawing
from allaprima.scene.rendering import MARGIN, SIDE, UndrawableError, iconify_svg, read_raster, render_svg
from allaprima.scene.sample_corpus import sample_corpus
from allaprima.scene.selection import choose
from allaprima.scene.sources import EMOJI_NAMES, PERMITTED_LICENCES, SOURCES

EMOJI = [
    {"label": "red apple", "hexcode": "1F34E", "tags": ["apple", "fruit", "red apple"], "group": 4},
    {"label": "wolf", "hexcode": "1F43A", "tags": ["animal", "face"], "group": 3},
    {"label": "rose", "hexcode": "1F339", "tags": ["flower"], "group": 3},
    {"label": "person: red hair", "hexcode": "1F9D1-200D-1F9B0", "tags": [], "group": 1},
    {"label": "flag: France", "hexcode": "1F1EB-1F1F7", "tags": [], "group": 9},
    {"label": "red circle", "hexcode": "1F534", "tags": [], "group": 8},
    {"label": "ON! arrow", "hexcode": "1F51B", "tags": [], "group": 8},
    {"label": "three o’clock", "hexcode": "1F552", "tags": [], "group": 5},
    {"label": "bow and arrow", "hexcode": "1F3F9", "tags": [], "group": 6},
    {"label": "light skin tone", "hexcode": "1F3FB", "tags": [], "group": 2},
]

APPLE = '<circle cx="8" cy="8" r="6" fill="#d22"/>'
WOLF = '<path d="M1 1h14v14H1z" fill="currentColor"/>'
TALL = '<path d="M4 1h8v14H4z" fill="#e36"/>'
ROSE = '<path d="M8 1l7 14H1z" fill="#e36"/>'


@pytest.fixture
def names() -> EmojiNames:
    return EmojiNames(EMOJI, [{"1F43A": "wolf_face"}], [{"1f34e": "apple-red"}], [{"old-apple": "red-apple"}])


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    sample_corpus(folder)
    return folder


def _write_package(folder: Path, icons: dict[str, str], chart: dict[str, str] | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = {"icons": {name: {"body": body} for name, body in icons.items()}, "width": 16, "height": 16}
    (folder / "icons.json").write_text(json.dumps(table))
    if chart:
        (folder / "chars.json").write_text(json.dumps(chart))


@pytest.fixture
def stocked(tmp_path: Path) -> Path:
    """A corpus folder whose packages are there already, tiny, so that nothing is fetched."""
    packages = tmp_path / "packages"
    english = folder_of(EMOJI_NAMES, packages) / "en"
    (english / "shortcodes").mkdir(parents=True)
    (english / "data.json").write_text(json.dumps(EMOJI))
    for table in ("cldr", "iamcal", "github", "joypixels", "emojibase-legacy", "emojibase"):
        (english / "shortcodes" / f"{table}.json").write_text("{}")
    for source in SOURCES:
        if source.layout == "iconify" and source.naming == "emoji":
            _write_package(folder_of(source, packages), {"red-apple": APPLE})
    broken = {"red-apple": APPLE, "wolf": WOLF, "rose": "<path d='M0 0", "old-rose": "", "flag-france": APPLE}
    _write_package(folder_of(SOURCES[0], packages), broken)
    _write_package(folder_of(SOURCES[1], packages), {"red-apple": ROSE, "wolf": ROSE, "rose": TALL})
    return tmp_path


# names


def test_each_sets_name_for_an_emoji_finds_the_same_concept(names: EmojiNames) -> None:
    for name in ("red-apple", "redapple", "apple-red", "old-apple", "red-apple-2"):
        assert names.find(name).key == "red-apple"
    assert names.find("wolf_face") == names.find("wolf")
    assert names.find("umbrella") is None


def test_concepts_carry_keywords_and_a_group_one_can_place_by(names: EmojiNames) -> None:
    apple, rose, person = names.find("red-apple"), names.find("rose"), names.find("person-red-hair")
    assert apple.keywords == ("apple", "fruit") and apple.group == "food"
    assert rose.group == "plant"
    assert person.name == "person with red hair"


def test_what_is_no_picture_of_a_thing_is_left_out(names: EmojiNames) -> None:
    worth = {e["label"]: (c := names.at(e["hexcode"])) is not None and worth_drawing(c) for e in EMOJI}
    assert [label for label, is_worth in worth.items() if is_worth] == [
        "red apple", "wolf", "rose", "person: red hair", "red circle", "bow and arrow",
    ]  # fmt: skip
    assert is_skin_tone("man-farmer-medium-dark") and is_skin_tone("baby-light-skin-tone") and not is_skin_tone("baby")


def test_an_ordinary_name_joins_the_emoji_only_where_it_is_its_label(names: EmojiNames) -> None:
    assert names.of_words("wolf").key == "wolf"
    howling = names.of_words("howling wolf")
    assert (howling.key, howling.group, howling.keywords) == ("howling-wolf", "animal", ("howling", "wolf"))


def test_tables_name_known_styles_once_each() -> None:
    styles = {s.style for s in SOURCES}
    for table, most_columns in (("chosen.tsv", styles), ("emoji_aliases.tsv", styles | {"*"})):
        lines = [line.split("\t") for line in (Path(building.__file__).parent / table).read_text("utf-8").splitlines()]
        assert all(len(line) == 3 and line[0] in most_columns for line in lines)
        assert len({tuple(line[:2]) for line in lines}) == len(lines)
    assert chosen("silhouette")["acorn"] == "acorn" and emoji_aliases("fx")["bow"] == "ribbon"


def test_every_licence_is_permitted_and_every_version_pinned() -> None:
    assert all(s.licence in PERMITTED_LICENCES and s.version for s in SOURCES)
    assert len({s.style for s in SOURCES}) == len(SOURCES)


# rendering


def test_a_drawing_is_centred_with_its_margin_and_its_proportions() -> None:
    rgba = render_svg(iconify_svg('<rect x="1" y="2" width="8" height="4" fill="#00f"/>', 0, 0, 16, 16))
    assert rgba.shape == (SIDE, SIDE, 4) and rgba.dtype == np.uint8
    rows, columns = np.flatnonzero(rgba[..., 3].max(1) > 127), np.flatnonzero(rgba[..., 3].max(0) > 127)
    width, height = np.ptp(columns) + 1, np.ptp(rows) + 1
    assert abs(width - SIDE * (1 - 2 * MARGIN)) <= 2 and abs(width / height - 2) < 0.05
    assert abs(columns[0] + columns[-1] - (SIDE - 1)) <= 2 and abs(rows[0] + rows[-1] - (SIDE - 1)) <= 2
    assert tuple(rgba[SIDE // 2, SIDE // 2]) == (0, 0, 255, 255)


def test_a_drawing_small_in_its_frame_is_as_sharp_as_any() -> None:
    rgba = render_svg(iconify_svg('<rect x="30" y="30" width="2" height="2"/>', 0, 0, 64, 64))
    edge = rgba[SIDE // 2, :, 3]
    assert ((edge > 10) & (edge < 245)).sum() <= 4


def test_sizes_in_millimetres_are_understood() -> None:
    rgba = render_svg('<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm">'
                      '<rect x="40" y="40" width="90" height="90" fill="#0a0"/></svg>')
    assert (rgba[..., 3] > 200).mean() > 0.7


def test_what_is_painted_in_the_current_colour_comes_out_black_and_emptiness_holds_no_colour() -> None:
    rgba = render_svg(iconify_svg('<circle cx="8" cy="8" r="4" fill="currentColor"/>', 0, 0, 16, 16))
    assert tuple(rgba[SIDE // 2, SIDE // 2]) == (0, 0, 0, 255) and not rgba[0, 0].any()


def test_an_animation_is_stilled_with_its_rain_showing() -> None:
    body = ('<path d="M0 0h16v8H0z" fill="#fff"/><path d="M6 10h4v6H6z" fill="#00f" opacity="0">'
            '<animate attributeName="opacity" values="0; 1; 0"/></path>')  # fmt: skip
    rgba = render_svg(iconify_svg(body, 0, 0, 16, 16))
    assert tuple(rgba[int(SIDE * 0.85), SIDE // 2]) == (0, 0, 255, 255)


@pytest.mark.parametrize("svg", ["", "<svg", iconify_svg("", 0, 0, 16, 16),
                                 iconify_svg('<path d="M0 0h16v.01h-16z" fill="#000"/>', 0, 0, 16, 16)])
def test_a_broken_or_empty_drawing_says_so(svg: str) -> None:
    with pytest.raises(UndrawableError):
        render_svg(svg)


def test_a_damaged_raster_says_so() -> None:
    with pytest.raises(UndrawableError):
        read_raster(b"RIFF....WEBP")


# reading


def test_the_sample_corpus_reads_back_as_it_was_drawn(sample: Path) -> None:
    corpus = Corpus.open(sample)
    assert len(corpus) == 36 and corpus.styles == ("flat", "line", "silhouette")
    assert all(len({corpus.drawings[i].style for i in indices}) == 3 for indices in corpus.by_concept.values())
    for drawing in corpus.drawings:
        image = corpus.image(drawing.index)
        assert image.shape == (SIDE, SIDE, 4)
        assert hashlib.sha256(image.tobytes()).hexdigest() == drawing.sha256
    assert len({d.sha256 for d in corpus.drawings}) == 36


def test_the_sample_corpus_is_the_same_every_time(sample: Path, tmp_path: Path) -> None:
    assert sample_corpus(tmp_path).drawings == Corpus.open(sample).drawings


def test_no_corpus_and_a_damaged_one_are_told_apart_and_both_say_what_to_do(sample: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no corpus in .*allaprima corpus build"):
        Corpus.open(tmp_path)
    rows = (sample / ROWS).read_text()
    np.save(tmp_path / PIXELS, np.zeros((2, SIDE, SIDE, 4), np.uint8))
    for damaged in (rows, rows[:-20], "[]\n"):
        (tmp_path / ROWS).write_text(damaged)
        with pytest.raises(CorpusError, match="damaged"):
            Corpus.open(tmp_path)


# building


def test_a_build_links_styles_and_lists_what_it_left_out(stocked: Path) -> None:
    report = build(stocked, SOURCES[:2])
    corpus = Corpus.open(stocked)
    assert report.failures == () and report.drawings == len(corpus) == 4
    assert corpus.styles == (SOURCES[0].style, SOURCES[1].style)
    assert [len(corpus.by_concept[c]) for c in ("red-apple", "wolf", "rose")] == [2, 1, 1]
    first = corpus.drawings[0]
    assert (first.licence, first.source, first.version) == (SOURCES[0].licence, SOURCES[0].package, SOURCES[0].version)
    assert hashlib.sha256(corpus.image(0).tobytes()).hexdigest() == first.sha256
    skipped = [json.loads(line) for line in (stocked / "skipped.jsonl").read_text().splitlines()]
    assert report.skipped == len(skipped) == 2
    assert {s["name"]: s["reason"].split(":")[0] for s in skipped} == {
        "rose": "not drawable", "wolf": f"same pixels as red apple in {SOURCES[1].style}",
    }  # fmt: skip
    assert not [p for p in stocked.rglob("*.part")]


def test_a_second_build_renders_nothing_and_gives_the_same(stocked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(stocked, SOURCES[:2])
    before = (stocked / ROWS).read_bytes(), (stocked / PIXELS).read_bytes()
    monkeypatch.setattr(building, "_render_one", lambda _: pytest.fail("rendered again"))
    build(stocked, SOURCES[:2])
    assert before == ((stocked / ROWS).read_bytes(), (stocked / PIXELS).read_bytes())


def test_a_build_cut_off_goes_on_where_it_was(stocked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    honest = building._render_one

    def cut_off(choice):
        if len(rendered) == 5:
            raise KeyboardInterrupt
        rendered.append(choice.icon)
        return honest(choice)

    monkeypatch.setattr(building, "_render_one", cut_off)
    with pytest.raises(KeyboardInterrupt):
        build(stocked, SOURCES[:2])
    assert not (stocked / ROWS).exists() and not (stocked / PIXELS).exists()
    monkeypatch.setattr(building, "_render_one", lambda c: rendered.append("again " + c.icon) or honest(c))
    build(stocked, SOURCES[:2])
    assert len(Corpus.open(stocked)) == 4
    assert len([r for r in rendered if r.startswith("again")]) == 3  # the second set's; the first was whole


def test_a_new_set_goes_to_the_end_and_moves_nothing(stocked: Path) -> None:
    build(stocked, SOURCES[1:2])
    before = Corpus.open(stocked).drawings
    build(stocked, SOURCES[:2])
    assert Corpus.open(stocked).drawings[: len(before)] == before and len(Corpus.open(stocked)) > len(before)


def test_a_new_drawing_in_an_old_set_goes_to_the_end_too(stocked: Path) -> None:
    build(stocked, SOURCES[:2])
    before = Corpus.open(stocked).drawings
    icons = {"red-apple": APPLE, "person-red-hair": "<circle cx='5' cy='5' r='3' fill='#fa0'/>", "wolf": WOLF}
    _write_package(folder_of(SOURCES[0], stocked / "packages"), icons)
    build(stocked, SOURCES[:1])
    after = Corpus.open(stocked).drawings
    assert after[: len(before)] == before and [d.concept for d in after[len(before) :]] == ["person-red-hair"]


def test_a_changed_package_is_rendered_anew(stocked: Path) -> None:
    build(stocked, SOURCES[1:2])
    _write_package(folder_of(SOURCES[1], stocked / "packages"), {"red-apple": APPLE})
    build(stocked, SOURCES[1:2])
    assert [d.concept for d in Corpus.open(stocked).drawings] == ["red-apple"]


def test_a_lost_network_costs_one_line_and_only_its_own_set(stocked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], work: Path, source) -> None:
        raise CorpusError(f"{source.package} could not be fetched")

    monkeypatch.setattr(fetching, "_run", run)
    report = build(stocked, (SOURCES[0], SOURCES[3]))
    assert report.failures == (f"{SOURCES[3].package} could not be fetched",)
    assert Corpus.open(stocked).styles == (SOURCES[0].style,)


def test_a_missing_client_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for source, client in ((SOURCES[0], "npm"), (SOURCES[-1], "apt-get")):
        with pytest.raises(CorpusError, match=f"{client}, which is not installed") as caught:
            fetch(source, tmp_path / "packages")
        assert "\n" not in str(caught.value)
    assert list((tmp_path / "packages").iterdir()) == []


def test_clip_art_not_dedicated_to_the_public_is_not_offered(names: EmojiNames, tmp_path: Path) -> None:
    paths = sorted(chosen("clipart"))
    for number, path in enumerate(paths):
        file = tmp_path / "usr/share/openclipart/svg" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        terms = "http://web.resource.org/cc/PublicDomain" if number else "http://creativecommons.org/licenses/GPL/2.0/"
        file.write_text(f'<svg><license rdf:resource="{terms}"/></svg>')
    offered = {c.icon for c in choose(SOURCES[-1], tmp_path, names)}
    assert offered == set(paths[1:])


# commands


def test_show_writes_a_sheet_and_names_what_is_wrong(sample: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    sheet = tmp_path / "sheet.png"
    done = run(app, ["show", "--folder", str(sample), "--style", "flat", "--out", str(sheet)])
    assert done.exit_code == 0 and [p.name for p in tmp_path.iterdir()] == ["sheet.png"]
    picture = Image.open(sheet)
    assert picture.width > 900 and len(picture.convert("RGB").resize((64, 32)).getcolors(4096)) > 50
    for wrong, words in ((["--style", "oil"], "oil"), (["--out", "sheet.tiff"], "sheet.tiff"),
                         (["--find", "zebra", "--out", str(sheet)], "zebra"),
                         (["--out", str(tmp_path / "no" / "sheet.png")], "not there")):
        failed = run(app, ["show", "--folder", str(sample), *wrong])
        assert isinstance(failed.exception, UserError) and words in str(failed.exception)


def test_show_without_a_sheet_counts(sample: Path) -> None:
    done = CliRunner().invoke(app, ["show", "--folder", str(sample)])
    assert "36 drawings of 12 concepts in 3 styles; 12 concepts in two styles or more" in " ".join(done.output.split())
