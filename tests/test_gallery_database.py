"""The gallery's database and store: migrated on opening, refused with a sentence, safe to open by many at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from allaprima.errors import UserError
from allaprima.gallery import Gallery, GalleryError
from allaprima.gallery.database import HEAD, MIGRATIONS, Database
from allaprima.gallery.models import Base
from allaprima.gallery.store import Store
from gallery_places import Place, Server, picture

pytest_plugins = ("gallery_fixtures",)


def test_the_newest_revision_is_the_one_opened_to() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_the_migrated_tables_are_the_models_tables(place: Place) -> None:
    database = Database(place.url)
    with database.engine.connect() as connection:
        ours = {
            *Base.metadata.tables,
            *(index.name for table in Base.metadata.tables.values() for index in table.indexes),
        }
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # The full-text index is made by hand; no model describes it.
                "include_name": lambda name, kind, parents: kind not in ("table", "index") or name in ours,
            },
        )
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_a_newer_gallery_is_refused(place: Place) -> None:
    with place.open() as gallery:
        gallery.keep(picture(), recipe={}, owner="ada", words="")
    database = Database(place.url)
    with database.writing() as session, session.begin():
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(GalleryError, match="9999.*pip install --upgrade"):
        place.open()


def test_a_new_gallery_can_be_opened_by_many_at_once(place: Place) -> None:
    opened: list[Gallery] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            opened.append(place.open())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for gallery in opened:
        gallery.keep(picture(), recipe={}, owner="ada", words="")
    assert opened[0].count() == 4
    for gallery in opened:
        gallery.close()


def test_sqlite_is_set_up_for_many_readers_and_a_power_cut(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "deep" / "down" / "g.sqlite3"))
    with database.reading() as session:
        wanted = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 30000}
        assert {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in wanted} == wanted
    database.close()


def test_what_cannot_be_opened_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a database, not a folder")
    cases = {
        "mysql://host/db": "SQLite or PostgreSQL",
        "sqlite://": "is a file",
        "sqlite:///:memory:": "is a file",
        "postgresql://:x:y": "no database",
        str(tmp_path / "file"): "cannot be opened",
        str(tmp_path / "file" / "g.sqlite3"): "cannot be made",
        "postgresql://nobody:secret@127.0.0.1:1/none?connect_timeout=2": "cannot be opened",
    }
    for url, said in cases.items():
        with pytest.raises(UserError, match=said) as caught:
            Gallery.open(url, str(tmp_path / "files"))
        assert "secret" not in str(caught.value)
    for store, said in {"nonsense://x": "cannot be used", str(tmp_path / "file" / "x"): "cannot be made"}.items():
        with pytest.raises(UserError, match=said):
            Gallery.open(str(tmp_path / "g.sqlite3"), store)


def test_a_postgresql_url_may_be_written_as_people_do(postgres: Server, tmp_path: Path) -> None:
    url = postgres.new_schema().replace("postgresql://", "postgres://")
    with Gallery.open(url, str(tmp_path)) as gallery:
        assert gallery.count() == 0


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path))
    store.write("2026-01-01/a.png", b"first")

    def fail(*paths: object) -> None:
        raise OSError("pulled out")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", fail)
        with pytest.raises(OSError, match="pulled out"):
            store.write("2026-01-01/a.png", b"second")
    assert store.read("2026-01-01/a.png") == b"first"
    assert set(store.paths()) == {"2026-01-01/a.png"}
    store.remove("2026-01-01/a.png")
    store.remove("2026-01-01/a.png")
    assert not list(tmp_path.rglob("*.p*"))
    with pytest.raises(FileNotFoundError):
        store.read("2026-01-01/a.png")
