"""`allaprima library add|list|show|remove`: your own drawings in the painter's memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Keep your own reference drawings.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Style = Annotated[str, typer.Argument(help="The style's name.", show_default=False)]


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="Drawings: .png, .webp or .svg.", show_default=False)],
    style: Annotated[str, typer.Option("--style", help="What the style is called in prompts.")],
    licence: Annotated[str, typer.Option("--licence", "--license", help="As an SPDX name; recipes tell it.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Whose drawings they are; recipes tell it.")] = "",
    words: Annotated[Path | None, typer.Option("--words", help="A CSV of file, name, keywords.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a folder of drawings, named by their file names or by a CSV."""
    from allaprima.studio import own_library

    added = own_library.add(folder, style=style, licence=licence, owner=owner, words=words)
    if as_json:
        print(json.dumps({
            "style": added.style, "total": added.total, "added": list(added.names),
            "skipped": [{"file": file, "reason": reason} for file, reason in added.skipped], "notes": list(added.notes),
        }, ensure_ascii=False))  # fmt: skip
        return
    for file, reason in added.skipped:
        typer.echo(f"allaprima: left out {file}: {reason}", err=True)
    for note in added.notes:
        typer.echo(f"allaprima: {note}", err=True)
    print(
        f"{len(added.names)} added; {added.style} has {added.total} drawings: --style {added.style.replace(' ', '-')}"
    )


@app.command("list")
def list_styles(as_json: AsJson = False) -> None:
    """List your own styles."""
    from allaprima.studio import own_library

    found = own_library.listed()
    if as_json:
        rows = [{"style": each.style, "drawings": len(each.rows), "licence": each.licence, "owner": each.owner,
                 "folder": str(each.folder)} for each in found]  # fmt: skip
        print(json.dumps({"styles": rows}, ensure_ascii=False))
        return
    for each in found:
        print(
            f"{each.style}: {len(each.rows)} drawings, {each.licence or 'no licence given'}, {each.owner or 'no owner'}"
        )
    if not found:
        print("No drawings of your own yet: allaprima library add FOLDER --style NAME")


@app.command()
def show(style: Style, as_json: AsJson = False) -> None:
    """Show a style's drawings and their words."""
    from allaprima.studio import own_library

    found = own_library.show(style)
    if as_json:
        rows = [{"name": row["name"], "words": row["words"], "file": row.get("file", ""), "sha256": row["sha256"]}
                for row in found.rows]  # fmt: skip
        about = {"style": found.style, "licence": found.licence, "owner": found.owner}
        print(json.dumps({**about, "drawings": rows}, ensure_ascii=False))
        return
    for row in found.rows:
        print(row["name"] + (f" ({', '.join(row['words'])})" if row["words"] else ""))


@app.command()
def remove(
    style: Style,
    name: Annotated[str | None, typer.Option("--name", help="One drawing only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Remove a style, or one drawing of it."""
    from allaprima.studio import own_library

    count = own_library.remove(style, name)
    print(json.dumps({"removed": count}) if as_json else f"{count} removed")
