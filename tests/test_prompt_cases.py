"""Every row of the table of prompts (prompt_cases.py) is read as it says, and stays the same when read again."""

from __future__ import annotations

import pytest

from allaprima.prompt import PromptMistake, parse
from prompt_cases import MISTAKES, READ

READ_ROWS = [pytest.param(row, id=f"{source}: {row[0]}") for source, rows in READ.items() for row in rows]
MISTAKE_ROWS = [pytest.param(*row, id=f"{source}: {row[0][:60]}") for source, rows in MISTAKES.items() for row in rows]


@pytest.mark.parametrize("row", READ_ROWS)
def test_read(row: tuple[str, ...]) -> None:
    typed, *canonical = row
    jobs = parse(typed).jobs
    assert [job.canonical for job in jobs] == canonical
    for job in jobs:
        assert parse(job.canonical).jobs == (job,)


@pytest.mark.parametrize(("marked", "kind", "suggestion"), MISTAKE_ROWS)
def test_mistake(marked: str, kind: str, suggestion: str | None) -> None:
    with pytest.raises(PromptMistake) as caught:
        parse(marked.replace("‸", ""))
    assert (caught.value.kind, caught.value.suggestion) == (kind, suggestion)
    assert caught.value.position == marked.index("‸")
    assert str(caught.value).endswith((".", "?", suggestion or ".")), "a sentence"


def test_the_table_is_large_and_names_its_sources() -> None:
    rows = [row[0] for table in (READ, MISTAKES) for part in table.values() for row in part]
    assert len(set(rows)) >= 300
    assert all(source for table in (READ, MISTAKES) for source in table)
