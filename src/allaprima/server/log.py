"""The server's log: one line for each event, as text for people or as JSON for programs.

Prompts are never in it unless `ALLAPRIMA_LOG_PROMPTS=1`; what a query says never is.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from allaprima.studio.configuration import number, text

logger = logging.getLogger("allaprima.server")


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "event", ...}`."""

    def format(self, record: logging.LogRecord) -> str:
        row: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            row["traceback"] = self.formatException(record.exc_info)
        return json.dumps(row, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """`12:00:00 event key=value ...`."""

    def format(self, record: logging.LogRecord) -> str:
        facts = "".join(f" {key}={value}" for key, value in getattr(record, "facts", {}).items())
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.getMessage()}{facts}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up() -> None:
    """Send everything to stderr, in the form the settings ask for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if text("log") == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def event(name: str, *, prompt: str | None = None, **facts: Any) -> None:
    """Log an event with its facts; the prompt only where that was asked for."""
    if prompt is not None and number("log_prompts"):
        facts["prompt"] = prompt
    logger.info(name, extra={"facts": facts})
