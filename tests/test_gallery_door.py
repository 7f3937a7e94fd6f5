"""The gallery's door, on SQLite and on a real PostgreSQL: keep, find, sort, hand out, remove."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from allaprima.errors import UserError
from allaprima.gallery import Gallery, NotFoundError
from gallery_places import Place, direction, picture

pytest_plugins = ("gallery_fixtures",)


def words(entries: tuple[object, ...]) -> list[str]:
    return [entry.words for entry in entries]  # type: ignore[attr-defined]


def test_a_picture_comes_back_as_it_was_kept(place: Place) -> None:
    data = picture("red", 12)
    recipe = {"prompt": "a fox \u2603 \0 \ud800", "grid": [1.0, 0.5, 0.0], "references": [{"name": "fox"}]}
    with place.open() as gallery:
        kept = gallery.keep(data, recipe=recipe, owner="ada", words="a fox \u2603", vector=direction(1))
    with place.open() as gallery:
        entry = gallery.get(kept.id)
        assert entry == kept
        assert gallery.data(kept.id) == data
        assert entry.recipe == recipe
        assert (entry.media_type, entry.width, entry.height, entry.size) == ("image/png", 12, 12, len(data))
        assert abs(datetime.now(UTC) - entry.created) < timedelta(minutes=5)
        assert gallery.count("ada") == 1


@pytest.mark.parametrize(("format", "suffix"), [("WEBP", ".webp"), ("JPEG", ".jpg"), ("GIF", ".gif")])
def test_files_are_named_by_what_they_are(gallery: Gallery, format: str, suffix: str) -> None:
    entry = gallery.keep(picture(format=format), recipe={}, owner="ada", words="")
    assert entry.path.endswith(suffix)
    assert gallery.data(entry.id) == picture(format=format)


def test_what_is_no_picture_is_refused_and_leaves_nothing(gallery: Gallery) -> None:
    for data in (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<html>"):
        with pytest.raises(UserError, match="no picture"):
            gallery.keep(data, recipe={}, owner="ada", words="")
    with pytest.raises(UserError, match="384"):
        gallery.keep(picture(), recipe={}, owner="ada", words="", vector=np.ones(5))
    with pytest.raises(UserError, match="owner"):
        gallery.keep(picture(), recipe={}, owner=" ", words="")
    with pytest.raises(NotFoundError, match="job"):
        gallery.keep(picture(), recipe={}, owner="ada", words="", job="no such job")
    with pytest.raises(ValueError, match="JSON"):
        gallery.keep(picture(), recipe={"scale": float("nan")}, owner="ada", words="")
    assert gallery.count() == 0
    assert gallery.sweep(thorough=True).removed == 0


def test_words_are_found_on_either_database_alike(gallery: Gallery) -> None:
    for text in (
        "Two red foxes over the hill",
        "a blue bird at night",
        "a RED bird, hand-drawn, 3d",
        "Ein Fuchs über dem Fluß",
        "лиса в лесу",
    ):
        gallery.keep(picture(), recipe={}, owner="ada", words=text)
    red_bird, blue_bird, foxes = "a RED bird, hand-drawn, 3d", "a blue bird at night", "Two red foxes over the hill"
    cases = {
        "red": [red_bird, foxes],
        "red bird": [red_bird],
        "fox ": [foxes],  # the word's stem
        "fo": [foxes],  # half typed
        "fo ": [],  # typed to its end
        "the ": [foxes],  # short words count
        '"blue bird"': [blue_bird],
        '"bird blue"': [],
        '"red bird': [red_bird],  # the quote not closed yet
        "bird -night": [red_bird],
        '-"red bird" bird': [blue_bird],
        "-bird -fox -fuchs": ["лиса в лесу"],
        "hand-dr": [red_bird],
        "hand-drawn": [red_bird],
        "3D": [red_bird],
        "uber": ["Ein Fuchs über dem Fluß"],
        "FLUSS": ["Ein Fuchs über dem Fluß"],
        "лес": ["лиса в лесу"],
        "' OR 1=1 --": [],
        "bird | red & ! ( ) : * '": [red_bird],
        '"': [],
        "???": [],
        "red\0bird": [red_bird],
    }
    assert {query: words(gallery.list("ada", query=query)) for query in cases} == cases
    assert len(gallery.list("ada", query="  ")) == 5
    assert words(gallery.list("ada", query="bird", limit=1)) == [red_bird]
    older = gallery.list("ada", query="bird", limit=1)[0].cursor
    assert words(gallery.list("ada", query="bird", before=older)) == [blue_bird]


def test_deleted_words_are_not_found_again(gallery: Gallery) -> None:
    entry = gallery.keep(picture(), recipe={}, owner="ada", words="heron")
    gallery.delete(entry.id)
    gallery.keep(picture(), recipe={}, owner="ada", words="swan")
    assert gallery.list("ada", query="heron") == ()
    assert words(gallery.list("ada", query="swan")) == ["swan"]


def test_meaning_finds_the_nearest_first_and_words_go_before_it(gallery: Gallery) -> None:
    for text, vector in {
        "dog": direction(1, 0),
        "puppy": direction(0.9, 0.3),
        "car": direction(0, 1),
        "plain": None,
        "not a dog": direction(-1, 0),
    }.items():
        gallery.keep(picture(), recipe={}, owner="ada", words=text, vector=vector)
    gallery.keep(picture(), recipe={}, owner="eve", words="dog of eve", vector=direction(1, 0))
    asked = direction(3, 0.1)
    found = gallery.list("ada", vector=asked)
    assert words(found) == ["dog", "puppy"]
    assert found[0].score == pytest.approx(0.9994, abs=1e-3)
    assert words(gallery.list("ada", query="plain", vector=asked)) == ["plain", "dog", "puppy"]
    assert words(gallery.list("ada", query="not", vector=asked)) == ["not a dog", "dog", "puppy"]
    assert words(gallery.list("ada", vector=asked, least=-1)) == ["dog", "puppy", "car", "not a dog"]
    first = gallery.list("ada", query="plain", vector=asked, limit=1)
    second = gallery.list("ada", query="plain", vector=asked, limit=1, before=first[-1].cursor)
    gallery.delete(second[0].id)  # paging goes on where it was, though the place is gone
    assert words(gallery.list("ada", query="plain", vector=asked, before=second[0].cursor)) == ["puppy"]
    with pytest.raises(UserError, match="cursor"):
        gallery.list("ada", vector=asked, before=first[0].id)


def test_pages_are_asked_for_properly(gallery: Gallery) -> None:
    for limit in (0, 501):
        with pytest.raises(UserError, match="500"):
            gallery.list(limit=limit)
    for before in ("", "../etc", "0'"):
        with pytest.raises(UserError, match="before"):
            gallery.list(before=before)


def test_favourites_and_folders(gallery: Gallery) -> None:
    one, two, three = (gallery.keep(picture(), recipe={}, owner="ada", words=text) for text in ("1", "2", "3"))
    assert gallery.favourite(one.id).favourite
    assert words(gallery.list("ada", favourite=True)) == ["1"]
    assert words(gallery.list("ada", favourite=False)) == ["3", "2"]
    assert not gallery.favourite(one.id, False).favourite
    gallery.move(one.id, " birds/small ")
    gallery.move(two.id, "birds/small")
    gallery.move(three.id, "cars")
    assert [(folder.name, folder.count) for folder in gallery.folders("ada")] == [("birds/small", 2), ("cars", 1)]
    assert gallery.folders("eve") == ()
    assert words(gallery.list("ada", folder="birds/small")) == ["2", "1"]
    assert gallery.rename_folder("ada", "birds/small", "birds") == 2
    assert gallery.rename_folder("eve", "birds", "mine") == 0
    assert gallery.rename_folder("ada", "", "everything") == 0
    gallery.move(two.id, "")
    assert words(gallery.list("ada", folder="")) == ["2"]
    assert words(gallery.list("ada", folder="birds")) == ["1"]
    with pytest.raises(UserError, match="folder"):
        gallery.move(one.id, "a\nb")


def test_lineage_survives_the_removal_of_a_link(gallery: Gallery) -> None:
    line = [gallery.keep(picture(), recipe={}, owner="ada", words="0")]
    for text in ("1", "2", "3"):
        line.append(gallery.keep(picture(), recipe={}, owner="ada", words=text, parent=line[-1].id))
    assert words(gallery.lineage(line[3].id)) == ["0", "1", "2", "3"]
    assert words(gallery.lineage(line[1].id)) == ["0", "1"]
    assert words(gallery.children(line[1].id)) == ["2"]
    gallery.delete(line[1].id)
    assert words(gallery.lineage(line[3].id)) == ["0", "2", "3"]
    gallery.delete(line[0].id)
    assert gallery.get(line[2].id).parent is None
    orphan = gallery.keep(picture(), recipe={}, owner="ada", words="late", parent=line[0].id)
    assert orphan.parent is None


def test_what_is_anothers_is_not_there(gallery: Gallery) -> None:
    entry = gallery.keep(picture(), recipe={}, owner="ada", words="")
    for ask in (
        lambda: gallery.get(entry.id, "eve"),
        lambda: gallery.data(entry.id, "eve"),
        lambda: gallery.favourite(entry.id, True, "eve"),
        lambda: gallery.move(entry.id, "mine", "eve"),
        lambda: gallery.delete(entry.id, "eve"),
        lambda: gallery.export([entry.id], "eve"),
        lambda: gallery.lineage(entry.id, "eve"),
        lambda: gallery.children(entry.id, "eve"),
        lambda: gallery.get("../../etc/passwd"),
        lambda: gallery.get("0" * 26),
        lambda: gallery.delete("\0"),
    ):
        with pytest.raises(NotFoundError):
            ask()
    assert gallery.get(entry.id, "ada") == entry
    assert gallery.list("eve") == ()


def test_delete_takes_the_file_as_well(place: Place) -> None:
    with place.open() as gallery:
        entry = gallery.keep(picture(), recipe={}, owner="ada", words="")
        file = Path(place.store) / entry.path
        assert file.exists()
        gallery.delete(entry.id)
        assert not file.exists()
        with pytest.raises(NotFoundError):
            gallery.data(entry.id)


def test_export_streams_a_zip_with_recipes(gallery: Gallery) -> None:
    first = gallery.keep(picture(size=300), recipe={"prompt": "Füchse"}, owner="ada", words="Rote Füchse!")
    second = gallery.keep(picture(format="WEBP"), recipe={"seed": 7}, owner="ada", words="", parent=first.id)
    gallery.move(second.id, "birds")
    pieces = list(gallery.export([first.id, second.id, first.id]))
    assert len(pieces) > 3
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as bundle:
        assert bundle.testzip() is None
        index = json.loads(bundle.read("gallery.json"))["pictures"]
        assert [row["id"] for row in index] == [first.id, second.id]
        assert index[1]["parent"] == first.id
        assert index[1]["folder"] == "birds"
        assert "rote-fuchse" in index[0]["file"]
        for row, recipe, entry in zip(index, ({"prompt": "Füchse"}, {"seed": 7}), (first, second), strict=True):
            assert bundle.read(row["file"]) == gallery.data(entry.id)
            assert json.loads(bundle.read(row["file"].rpartition(".")[0] + ".json")) == recipe
        assert len(bundle.namelist()) == 5
    with pytest.raises(NotFoundError):
        gallery.export([first.id, "gone"])


def test_an_object_store_is_a_url_away(tmp_path: Path) -> None:
    store = f"memory://gallery-{tmp_path.name}"
    with Gallery.open(f"sqlite:///{tmp_path}/g.sqlite3", store) as gallery:
        entry = gallery.keep(picture(), recipe={}, owner="ada", words="")
        gone = gallery.keep(picture(), recipe={}, owner="ada", words="")
        gallery.delete(gone.id)
    with Gallery.open(f"sqlite:///{tmp_path}/g.sqlite3", store) as gallery:
        assert gallery.data(entry.id) == picture()
        assert gallery.sweep(thorough=True).missing == ()
