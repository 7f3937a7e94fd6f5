"""Every setting of the engine, in one tuple: its name, its default and what it does.

A setting `threads` is given as the environment variable `ALLAPRIMA_THREADS`; a command's own flag goes before
it. Knows nothing of what the values are used for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from allaprima.errors import UserError

PREFIX = "ALLAPRIMA_"


@dataclass(frozen=True)
class Setting:
    """One knob: the type of `default` (str, int or float) is the type of every value."""

    name: str
    default: str | int | float
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("bundle", "", "folder of the model bundle; empty takes the one that came with the package"),
    Setting("backend", "auto", "auto, onnxruntime or openvino; auto takes the fastest installed, measured once"),
    Setting("threads", 0, "threads for one model call; 0 takes every core this process may use"),
    Setting("steps", 4, "steps of a picture when none are asked for (1 to 100)"),
    Setting("memory", -1.0, "memory dial 0..1 when none is asked for; -1 takes the bundle's own"),
    Setting("prior", 1, "1 lets the prior sketch things when memory is 0, 0 leaves them to the denoiser alone"),
    Setting("lettering", 1, "1 draws the quoted words of a prompt as letters, 0 takes them as any others"),
    Setting("out", ".", "folder for pictures that were given no --out"),
    Setting("home", "", "folder for keys, database and kept pictures; empty takes the user's data folder"),
    Setting("gallery", "", "database of kept pictures, a URL; empty takes SQLite in the home folder"),
    Setting("store", "", "where kept pictures' files lie, a folder or fsspec URL; empty takes the home folder"),
    Setting("host", "127.0.0.1", "address to serve on; any but a loopback address asks for API keys"),
    Setting("port", 7860, "port to serve on"),
    Setting("hosts", "", "names under which the server may be called, with commas; its own address always may"),
    Setting("origins", "", "other sites whose pages may call the server, with commas, as https://example.org"),
    Setting("require_key", 0, "1 asks for API keys on loopback addresses, too"),
    Setting("queue", 128, "jobs that may be unfinished at once; one owner may have half of them"),
    Setting("connections", 64, "live connections at once"),
    Setting("live_steps", 16, "most steps a live picture may ask for"),
    Setting("batch", 0, "live pictures of different people in one model call; 0 measures what pays"),
    Setting("courtesy", 5, "how far the server's painting threads stand behind all others (niceness, 0 to 19)"),
    Setting("keep_compatible", 1, "1 keeps what the OpenAI and A1111 APIs paint in the gallery, 0 hands it out only"),
    Setting("take_over", 10.0, "seconds between two looks whether another server of the same gallery has died"),
    Setting("upload_mb", 20, "largest body of a request, in megabytes"),
    Setting("log", "text", "text or json, one line for each event"),
    Setting("log_prompts", 0, "1 writes prompts into the log"),
    Setting("debug", 0, "1 shows the traceback of an unexpected error"),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Effective:
    """A setting as it stands now, and where its value came from ("default" or the variable's name)."""

    setting: Setting
    value: str | int | float
    source: str


def effective(name: str, environ: Mapping[str, str] | None = None) -> Effective:
    """The setting `name` as it stands now. Raises UserError when its variable holds no such value."""
    setting = _BY_NAME[name]
    text = (os.environ if environ is None else environ).get(setting.variable, "").strip()
    if not text:
        return Effective(setting, setting.default, "default")
    kind = type(setting.default)
    try:
        return Effective(setting, kind(text), setting.variable)
    except ValueError:
        wanted = {int: "a whole number", float: "a number"}.get(kind, "text")
        raise UserError(f"{setting.variable} must be {wanted}, not {text!r}: {setting.help}.") from None


def text(name: str) -> str:
    """The value of a setting that holds text."""
    return str(effective(name).value)


def number(name: str) -> float:
    """The value of a setting that holds a number."""
    return float(effective(name).value)


def table(environ: Mapping[str, str] | None = None) -> tuple[Effective, ...]:
    """Every setting as it stands now, in the order of `SETTINGS`."""
    return tuple(effective(setting.name, environ) for setting in SETTINGS)


def home() -> Path:
    """The folder for keys, database, pictures and own drawings: the setting, or the user's data folder. It may not
    exist yet."""
    asked = text("home")
    if asked:
        return Path(asked).expanduser()
    base = os.environ.get("XDG_DATA_HOME", "").strip()
    return (Path(base) if base else Path.home() / ".local" / "share") / "allaprima"
