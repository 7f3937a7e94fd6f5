"""Properties of lists: however they are filtered and cut into pages, nothing is lost, repeated or out of order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allaprima.gallery import Entry, Gallery
from allaprima.gallery.identity import is_id, new_id
from allaprima.gallery.search import DIMENSIONS, fold, nearest, pack, read, unit
from gallery_places import Server, direction, picture

pytest_plugins = ("gallery_fixtures",)

DATA = picture()
OWNERS = itertools.count()
kept = st.fixed_dictionaries(
    {
        "words": st.lists(st.sampled_from(["fox", "bird", "sea", "red"]), unique=True).map(" ".join),
        "vector": st.sampled_from([None, (1.0, 0.0), (0.8, 0.6), (0.0, 1.0), (-1.0, 0.0)]),
        "favourite": st.booleans(),
        "folder": st.sampled_from(["", "one", "two"]),
        "deleted": st.booleans(),
    }
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """One gallery for all examples: each has an owner of its own."""
    folder = tmp_path_factory.mktemp("gallery")
    url = str(folder / "g.sqlite3")
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.new_schema()
    with Gallery.open(url, f"memory://{folder.name}-{request.param}") as gallery:
        yield gallery


def pages(gallery: Gallery, owner: str, limit: int, **asked: Any) -> list[Entry]:
    """All pages, one after the other."""
    found: list[Entry] = []
    before = None
    while page := gallery.list(owner, before=before, limit=limit, **asked):
        assert len(page) <= limit
        found += page
        before = page[-1].cursor
    return found


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(kept, max_size=8), limit=st.integers(1, 4), word=st.sampled_from(["fox", "red"]))
def test_pages_together_are_the_list(shared: Gallery, rows: list[dict[str, Any]], limit: int, word: str) -> None:
    owner = f"owner {next(OWNERS)}"
    there: list[tuple[str, dict[str, Any]]] = []
    for row in rows:
        vector = None if row["vector"] is None else direction(*row["vector"])
        entry = shared.keep(DATA, recipe={}, owner=owner, words=row["words"], vector=vector)
        if row["deleted"]:
            shared.delete(entry.id)
            continue
        if row["favourite"]:
            shared.favourite(entry.id)
        if row["folder"]:
            shared.move(entry.id, row["folder"])
        there.insert(0, (entry.id, row))

    def ids(**asked: Any) -> list[str]:
        return [entry.id for entry in pages(shared, owner, limit, **asked)]

    assert ids() == [id for id, _ in there]
    assert ids(favourite=True) == [id for id, row in there if row["favourite"]]
    assert ids(folder="one") == [id for id, row in there if row["folder"] == "one"]
    assert ids(query=word + " ") == [id for id, row in there if word in row["words"].split()]
    assert ids(query=word, favourite=False) == [
        id for id, row in there if word in row["words"].split() and not row["favourite"]
    ]
    near = pages(shared, owner, limit, query=word, vector=direction(1, 0))

    def score(row: dict[str, Any]) -> float:
        return (row["vector"] or (0.0,))[0] + 2 * (word in row["words"].split())

    expected = [(round(score(row), 2), id) for id, row in there if score(row) >= 0.2]
    assert [(round(entry.score or 0, 2), entry.id) for entry in near] == sorted(expected, reverse=True)
    assert shared.count(owner) == len(there)


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 60), limit=st.integers(1, 20), chunk=st.integers(1, 17), seed=st.integers(0, 99))
def test_the_nearest_do_not_depend_on_how_they_are_read(count: int, limit: int, chunk: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [(f"{n:03}", pack(rng.normal(size=DIMENSIONS)), bool(rng.integers(2))) for n in range(count)]
    wanted = unit(rng.normal(size=DIMENSIONS))
    whole = nearest([rows], wanted, limit=count + 1, least=-1)
    assert len(whole) == count
    parts = [rows[start : start + chunk] for start in range(0, count, chunk)]
    found: list[tuple[float, str]] = []
    while page := nearest(parts, wanted, limit=limit, least=-1, after=found[-1] if found else None):
        found += page
    assert found == whole == sorted(whole, reverse=True)


@given(st.text())
def test_folding_is_settled_and_queries_are_always_read(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    for term in read(text):
        assert term.words
        assert all(word and not set(word) & set("\"'*&|!():\\") for word in term.words)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=20))
def test_no_query_breaks_the_search(shared: Gallery, query: str) -> None:
    assert shared.list("nobody at all", query=query) == ()


def test_ids_rise_and_are_known_again() -> None:
    ids = [new_id() for _ in range(2000)]
    assert ids == sorted(set(ids))
    assert all(map(is_id, ids))
    assert not any(map(is_id, ("", ids[0][:-1], ids[0] + "0", ids[0].upper(), "../" + ids[0][3:], "8" + ids[0][1:])))
