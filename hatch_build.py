"""Takes the built page into the wheel, where there is one: web/dist becomes allaprima/server/static."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface[Any]):
    """A wheel without the page works, too: the server then says how to build it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is built; an editable one serves the page from where it was built."""
        page = Path(self.root) / "web" / "dist"
        if version != "editable" and (page / "index.html").is_file():
            for each in page.iterdir():
                if each.name != "bundle":  # the server hands out the model's own files
                    build_data["force_include"][str(each)] = f"allaprima/server/static/{each.name}"
