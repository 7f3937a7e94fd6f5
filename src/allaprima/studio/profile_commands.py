"""`allaprima profile make|list|show|remove`: your own taste, which `--p` follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from allaprima.errors import UserError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Learn your taste from pictures that you like.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Name = Annotated[str, typer.Argument(help="The profile's name; --p alone follows `default`.", show_default=False)]


@app.command()
def make(
    name: Name,
    files: Annotated[list[Path] | None, typer.Argument(help="Pictures that you like, painted here.")] = None,
    favourites: Annotated[bool, typer.Option("--favourites", help="The gallery's favourites.")] = False,
    bundle: Annotated[Path | None, typer.Option("--bundle", help="Another model bundle's folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a profile of pictures that you like, or make it again."""
    from allaprima.engine.painter import Painter
    from allaprima.studio import profiles
    from allaprima.studio.command_output import find_picture, open_gallery

    if favourites == bool(files):
        raise UserError("Give pictures that you like, or --favourites: one of the two.")
    others: list[str] = []
    if favourites:
        gallery = open_gallery("The gallery's favourites")
        try:
            kept = {liked: gallery.list(favourite=liked, limit=profiles.MOST) for liked in (True, False)}
        finally:
            gallery.close()
        liked, others = ([str(each.recipe.get("prompt", "")) for each in kept[which]] for which in (True, False))
    else:
        liked = [str(find_picture(str(each)).recipe.get("prompt", "")) for each in files or ()]
    made = profiles.make(Painter(bundle), name, liked, others)
    _print(made, as_json)


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:
    """List profiles."""
    from allaprima.studio import profiles

    found = profiles.listed()
    if as_json:
        print(json.dumps([{"name": each.name, "liked": each.liked, "others": each.others} for each in found]))
        return
    for each in found:
        print(f"{each.name}  {each.liked} liked, {each.others} others")


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show one profile."""
    from allaprima.engine import taste

    _print(taste.read(name), as_json)


@app.command()
def remove(name: Name) -> None:
    """Remove a profile; pictures painted with it can still be painted again."""
    from allaprima.studio import profiles

    profiles.remove(name)


def _print(profile: object, as_json: bool) -> None:
    from allaprima.engine.taste import Profile

    assert isinstance(profile, Profile)
    length = float((profile.direction**2).sum() ** 0.5)
    told = {"name": profile.name, "liked": profile.liked, "others": profile.others, "length": round(length, 4),
            "encoder": profile.encoder}  # fmt: skip
    print(json.dumps(told) if as_json else "\n".join(f"{key:<8} {value}" for key, value in told.items()))
