"""Pictures, loose files, jobs, and the full-text index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

# The index reads the column `folded` through its own table, so each word is stored once.
SQLITE_WORDS = (
    "CREATE VIRTUAL TABLE pictures_words USING fts5"
    "(folded, content='pictures', content_rowid='number', tokenize='porter unicode61 remove_diacritics 0')",
    "CREATE TRIGGER pictures_words_insert AFTER INSERT ON pictures BEGIN"
    " INSERT INTO pictures_words(rowid, folded) VALUES (new.number, new.folded); END",
    "CREATE TRIGGER pictures_words_delete AFTER DELETE ON pictures BEGIN"
    " INSERT INTO pictures_words(pictures_words, rowid, folded) VALUES ('delete', old.number, old.folded); END",
    "CREATE TRIGGER pictures_words_update AFTER UPDATE OF folded ON pictures BEGIN"
    " INSERT INTO pictures_words(pictures_words, rowid, folded) VALUES ('delete', old.number, old.folded);"
    " INSERT INTO pictures_words(rowid, folded) VALUES (new.number, new.folded); END",
)
# PostgreSQL's own "english" leaves out stop words, so that a search for "over the hill" would find every hill,
# and one for "the" nothing; ours stems and keeps every word, as SQLite's index does.
POSTGRES_WORDS = (
    "CREATE TEXT SEARCH DICTIONARY allaprima_stem (TEMPLATE = snowball, Language = english)",
    "CREATE TEXT SEARCH CONFIGURATION allaprima_words (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION allaprima_words ALTER MAPPING FOR asciiword, word WITH allaprima_stem",
    "CREATE INDEX pictures_words ON pictures USING gin (to_tsvector('allaprima_words', folded))",
)


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(200)),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("runner", sa.String(64)),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("started", MOMENT),
        sa.Column("ended", MOMENT),
        sa.UniqueConstraint("owner", "key", name="jobs_once_a_key"),
    )
    op.create_index("jobs_in_state", "jobs", ["state", "id"])
    op.create_index("jobs_of_owner", "jobs", ["owner", "started"])
    op.create_table(
        "loose_files",
        sa.Column("path", sa.String(200), primary_key=True),
        sa.Column("writer", sa.String(64), nullable=False),
        sa.Column("doomed", sa.Boolean(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
    )
    op.create_table(
        "pictures",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False, unique=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("vector", sa.LargeBinary()),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("path", sa.String(200), nullable=False, unique=True),
        sa.Column("favourite", sa.Boolean(), nullable=False),
        sa.Column("folder", sa.String(200), nullable=False),
        sa.Column("parent", ID, sa.ForeignKey("pictures.id", ondelete="SET NULL")),
        sa.Column("job", ID, sa.ForeignKey("jobs.id", ondelete="SET NULL")),
        sa.Column("place", sa.Integer()),
        sa.UniqueConstraint("job", "place", name="pictures_once_a_job"),
        sqlite_autoincrement=True,
    )
    op.create_index("pictures_of_owner", "pictures", ["owner", "id"])
    op.create_index("pictures_of_parent", "pictures", ["parent"])
    for statement in SQLITE_WORDS if op.get_bind().dialect.name == "sqlite" else POSTGRES_WORDS:
        op.execute(statement)
