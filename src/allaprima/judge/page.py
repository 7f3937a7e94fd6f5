"""A page to look at a verdict: each prompt with its pictures and what they were taken for. One HTML file.

Knows nothing of how the numbers were reached.
"""

from __future__ import annotations

import base64
import html
import io
import json

from PIL import Image

from allaprima.judge.prompts import plain_name
from allaprima.judge.quick import MEMORIES, Pixels, Row, Verdict
from allaprima.judge.references import ASIDE

STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem; background: #faf9f6; color: #3c3933 }
table { border-collapse: collapse } td, th { padding: .4rem .8rem .4rem 0; vertical-align: top; text-align: left }
img { display: block; border-radius: 4px } .hit { color: #1b7a3d; font-weight: 600 } pre { white-space: pre-wrap }
"""


def page(verdict: Verdict) -> str:
    """The verdict as one HTML page with its pictures inside."""
    ways = [way.replace("_", " ") for way in MEMORIES]
    heads = "".join(f"<th>{way}</th><th>taken for</th>" for way in ways)
    rows = "\n".join(_row(row, verdict) for row in verdict.rows)
    report = html.escape(json.dumps(verdict.report, indent=1))
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Quick judge</title>"
        f"<style>{STYLE}</style><h1>Quick judge</h1><details><summary>Report</summary><pre>{report}</pre></details>"
        f"<table><tr><th>prompt</th><th>a real drawing</th>{heads}</tr>\n{rows}</table></html>\n"
    )


def _row(row: Row, verdict: Verdict) -> str:
    drawings = verdict.drawings
    real = ASIDE.show(drawings.image(drawings.rows_of[drawings.concepts[row.asked.concept]][0]))
    cells = [f"<td>{html.escape(row.asked.text)}<br>seed {row.asked.seed}</td><td>{img(real, 96)}</td>"]
    for way in MEMORIES:
        names = []
        for number in row.found[way]:
            mark = " class=hit" if number == row.asked.concept else ""
            names.append(f"<span{mark}>{html.escape(plain_name(drawings, drawings.concepts[number]))}</span>")
        cells.append(f"<td>{img(row.pictures[way], 128)}</td><td>{'<br>'.join(names)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def img(pixels: Pixels, side: int, kind: str = "") -> str:
    """A picture as an <img> with its data inside, of a CSS class where one is given."""
    out = io.BytesIO()
    Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS).save(out, "WEBP", quality=80)
    data = base64.b64encode(out.getvalue()).decode()
    mark = f" class={kind}" if kind else ""
    return f'<img{mark} width={side} height={side} loading=lazy alt="" src="data:image/webp;base64,{data}">'
