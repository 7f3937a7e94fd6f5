"""The command line: one thin group, whose rooms are imported only when they are called.

Knows where each command lives, what a missing extra is called, and how an error is told: one line, and exit
code 2 where the user's words are wrong or 1 where it is ours. What the commands do is theirs.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from allaprima import __version__
from allaprima.errors import AllaPrimaError, UserError


@dataclass(frozen=True)
class Room:
    """A command or group of commands that lives elsewhere: `attribute` of `module`, a Typer app or a
    function."""

    name: str
    module: str
    attribute: str
    help: str
    extra: str = ""  # what to install with pip when its libraries are missing

    def exists(self) -> bool:
        return importlib.util.find_spec(self.module) is not None


ROOMS = (
    Room("imagine", "allaprima.studio.imagining", "imagine", "Paint a picture from words, and pictures."),
    Room("grid", "allaprima.studio.commands", "grid", "Paint a grid of four from words and pictures."),
    Room("vary", "allaprima.studio.commands", "vary", "Paint variations of a picture, or a remix."),
    Room("reroll", "allaprima.studio.commands", "reroll", "Paint a picture's words with other seeds."),
    Room("image-to-image", "allaprima.studio.commands", "image_to_image", "Paint words over a picture."),
    Room("region", "allaprima.studio.commands", "region", "Paint a part of a picture anew."),
    Room("zoom", "allaprima.studio.commands", "zoom", "Paint more of the world on all sides."),
    Room("pan", "allaprima.studio.commands", "pan", "Paint more of the world on one side."),
    Room("square", "allaprima.studio.commands", "square", "Make a picture square by painting more of it."),
    Room("blend", "allaprima.studio.commands", "blend", "Make one picture of two to five."),
    Room("describe", "allaprima.studio.picture_commands", "describe", "Find prompts for a picture."),
    Room("shorten", "allaprima.studio.picture_commands", "shorten", "Measure what each word of a prompt does."),
    Room("upscale", "allaprima.studio.picture_commands", "upscale", "Give a picture more pixels."),
    Room("background", "allaprima.studio.picture_commands", "background", "Make a flat backdrop transparent."),
    Room("vector", "allaprima.studio.picture_commands", "vector", "Trace a flat picture into an SVG."),
    Room("replay", "allaprima.studio.picture_commands", "replay", "Make a picture again from its recipe."),
    Room("reference", "allaprima.studio.reference_pages", "reference_pages", "Paint and measure every parameter."),
    Room("doctor", "allaprima.engine.commands", "doctor", "Tell what this machine has and what is broken."),
    Room(
        "parse",
        "allaprima.prompt.commands",
        "parse_command",
        "Show how a prompt and its parameters are read.",
    ),
    Room("corpus", "allaprima.scene.corpus_commands", "app", "Fetch and render the drawings.", "corpus"),
    Room("scenes", "allaprima.scene.scenes_commands", "app", "Compose scenes and look at them.", "corpus"),
    Room("train", "allaprima.train.commands", "app", "Train text student, autoencoder, denoiser.", "train"),
    Room("export", "allaprima.export.commands", "app", "Make a model bundle of trained weights.", "train"),
    Room("judge", "allaprima.judge.commands", "app", "Measure how pictures follow their words.", "judge"),
    Room("bench", "allaprima.engine.bench_commands", "app", "Measure speed, side by side."),
    Room("serve", "allaprima.server.commands", "serve", "Serve the studio and its API.", "serve"),
    Room("keys", "allaprima.server.keys_commands", "app", "Make and revoke the server's keys.", "serve"),
    Room("profile", "allaprima.studio.profile_commands", "app", "Learn your taste from favourites."),
    Room("library", "allaprima.studio.library_commands", "app", "Keep your own reference drawings."),
)

# The shell's completion belongs to the whole command and is no option of a room.
_COMPLETION = ("install_completion", "show_completion")


class LazyRoom(TyperCommand):
    """Stands for a room in the help; turns into the real command when it is called."""

    def __init__(self, room: Room) -> None:
        super().__init__(name=room.name, help=room.help)
        self._room = room

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return load(self._room).make_context(info_name, args, parent, **extra)


class Rooms(TyperGroup):
    """The group of all rooms that exist."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for room in ROOMS:
            if room.exists():
                self.add_command(LazyRoom(room), room.name)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)


app = typer.Typer(cls=Rooms, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


def print_version(wanted: bool) -> None:
    """The version on stdout, and the end of the command."""
    if wanted:
        print(f"allaprima {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and stop.", is_eager=True, callback=print_version
    ),
) -> None:
    """Text to image while you type, on the computer you already have."""


def load(room: Room) -> Any:
    """The real command of a room. Raises UserError with the pip command when a library it needs is
    missing."""
    try:
        found = getattr(importlib.import_module(room.module), room.attribute)
    except ModuleNotFoundError as error:
        raise lacking(room, error) from None
    if not isinstance(found, typer.Typer):
        settings = getattr(importlib.import_module(room.module), f"{room.name.upper()}_SETTINGS", None)
        function, found = found, typer.Typer(add_completion=False)
        found.command(room.name, context_settings=settings)(function)
    command = typer.main.get_command(found)
    command.params = [each for each in command.params if each.name not in _COMPLETION]
    return command


def lacking(room: Room, error: ModuleNotFoundError) -> Exception:
    """What to say when a room's library is missing: the pip command, or the error itself if no extra has it."""
    missing = (error.name or "").split(".")[0]
    if missing == "allaprima" or not room.extra:
        return error
    return UserError(
        f"`allaprima {room.name}` needs {missing}, which is not installed: pip install 'allaprima[{room.extra}]'."
    )


def main(args: list[str] | None = None) -> None:
    """Run a command line and end the process with its exit code."""
    words = sys.argv[1:] if args is None else args
    try:
        code = typer.main.get_command(app).main(words, prog_name="allaprima", standalone_mode=False)
    except Exception as raised:
        error: Exception = raised
        room = next((each for each in ROOMS if each.name in words[:1]), None)
        if isinstance(raised, ModuleNotFoundError) and room is not None:
            error = lacking(room, raised)  # imported only when the command ran
        sys.exit(tell(error, as_json="--json" in words))
    sys.exit(code if isinstance(code, int) else 0)


def tell(error: Exception, *, as_json: bool) -> int:
    """Tell an error in one line on stderr, and on stdout as one JSON object where one was promised; its exit
    code."""
    if isinstance(error, AllaPrimaError):
        message, code = str(error), 2 if isinstance(error, UserError) else 1
    elif isinstance(error, typer.Abort):
        message, code = "Stopped.", 130
    elif hasattr(error, "format_message") and hasattr(error, "exit_code"):  # what Typer says of wrong flags
        message, code = error.format_message(), error.exit_code
    else:
        if os.environ.get("ALLAPRIMA_DEBUG", "0") not in ("", "0"):
            raise error
        message = f"{type(error).__name__}: {error} (a mistake of ours; ALLAPRIMA_DEBUG=1 shows where)"
        code = 1
    message = " ".join(message.split())
    if not message and code == 2:  # Typer's way of saying that it has shown the help
        return 2
    print(f"allaprima: {message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": {"message": message, "type": type(error).__name__}}, ensure_ascii=False))
    return code


if __name__ == "__main__":
    main()
