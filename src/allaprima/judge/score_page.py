"""A page to look at a score: the table, and under each tag its prompts with what was painted for them. One small HTML
file.

Knows nothing of how the numbers were reached.
"""

from __future__ import annotations

import html
from typing import Any

from allaprima.judge.page import STYLE, img
from allaprima.judge.quick import MEMORIES
from allaprima.judge.scoring import Score

MOST_SHOWN = 20  # prompts of a tag
TILE = 80  # pixels
_MORE = """
.tiles { display: flex; flex-wrap: wrap; gap: .8rem } figure { margin: 0; width: 170px; font-size: 12px }
figure div { display: flex; gap: 4px } img.right { outline: 3px solid #1b7a3d } img.wrong { outline: 3px solid #d9d4c8 }
td.number { text-align: right; font-variant-numeric: tabular-nums }
"""


def page(score: Score, report: dict[str, Any]) -> str:
    """The whole report (score's and what surrounds it) as one HTML page with its pictures inside."""
    title = f"{report['model']['name']} on the {report['split']} split"
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>{html.escape(title)}</title><style>{STYLE}{_MORE}</style><h1>{html.escape(title)}</h1>",
        f"<p>{report['steps']} steps, {report['images']} pictures of each prompt; 95 % intervals over prompts. "
        "Left of each pair "
        "with the library, right from words alone; a green frame says that the judge found what was asked for.</p>",
        _table(report["tags"]),
        _targets(report),
    ]
    for tag in report["tags"]:
        parts.append(f"<h2>{tag.replace('_', ' ')}</h2><div class=tiles>")
        for shown in [each for each in score.shown if each.question.tag == tag][:MOST_SHOWN]:
            tiles = "".join(
                img(shown.pictures[way][0], TILE, "right" if shown.right[way][0] else "wrong") for way in MEMORIES
            )
            parts.append(f"<figure><div>{tiles}</div>{html.escape(shown.question.prompt)}</figure>")
        parts.append("</div>")
    return "\n".join([*parts, "</html>\n"])


def _table(tags: dict[str, Any]) -> str:
    heads = [
        "tag",
        "judge",
        "with library",
        "floor",
        "share",
        "words alone",
        "floor",
        "share",
        "ceiling",
        "real scenes",
    ]
    rows = ["<table><tr>" + "".join(f"<th>{each}</th>" for each in heads) + "</tr>"]
    for tag, row in tags.items():
        cells = [tag.replace("_", " "), "admitted" if row["admitted"] else "not admitted"]
        for way in MEMORIES:
            one = row["ways"][way]
            cells += [share(one["score"]), share(one["floor"]), share(one.get("share_of_ceiling"))]
        cells += [share(row.get("ceiling")), share(row.get("real"))]
        rows.append("<tr>" + "".join(f"<td class=number>{each}</td>" for each in cells) + "</tr>")
    return "\n".join([*rows, "</table>"])


def _targets(report: dict[str, Any]) -> str:
    """What a release is to reach, as a table."""
    if not report["targets"]:
        return ""
    heads = ("share of the ceiling", "judge", "with library", "target", "words alone", "target")
    rows = ["<h2>targets</h2><table><tr>" + "".join(f"<th>{each}</th>" for each in heads) + "</tr>"]
    for row in report["targets"]:
        is_admitted = all(report["tags"][tag]["admitted"] for tag in row["tags"])
        cells = [row["row"], "admitted" if is_admitted else "not admitted"]
        for way in MEMORIES:
            one = row["ways"].get(way)
            cells += [share(one["share_of_ceiling"]), target(one)] if one else ["", ""]
        rows.append("<tr>" + "".join(f"<td class=number>{html.escape(each)}</td>" for each in cells) + "</tr>")
    return "\n".join([*rows, "</table>"])


def target(way: dict[str, Any]) -> str:
    """A target and whether it is reached: "90 %, missed"."""
    return f"{way['target']:.0%}".replace("%", " %") + (", reached" if way["is_reached"] else ", missed")


def share(measure: dict[str, float | None] | None) -> str:
    """A measure as people read it: "31 % (25 to 38)"."""
    if measure is None:
        return "-"
    value, low, high = ("∞" if each is None else f"{each * 100:.0f}" for each in measure.values())
    return f"{value} % ({low} to {high})"
