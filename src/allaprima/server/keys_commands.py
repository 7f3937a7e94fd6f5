"""`allaprima keys`: make, list and revoke the server's API keys."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from allaprima.server.keys import Keys
from allaprima.studio.configuration import home

app = typer.Typer(no_args_is_help=True, help="Make and revoke the server's keys.", add_completion=False)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a key and print it: it cannot be shown again."""
    key = keys().add(name)
    print(json.dumps({"name": name, "key": key}) if as_json else key)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List the keys' names."""
    rows = [{"name": key.name, "created": key.created} for key in keys().all]
    if as_json:
        print(json.dumps({"keys": rows}))
    else:
        for row in rows:
            print(f"{row['name']}  {row['created']}")


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="Whose key is to be forgotten.")]) -> None:
    """Forget a key; a running server refuses it at once."""
    keys().revoke(name)


def keys() -> Keys:
    """The keys of the home folder."""
    return Keys(home() / "keys.json")
