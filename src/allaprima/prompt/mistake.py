"""The one error of this room: a mistake in a prompt, the character where it is, and what to write instead.

Knows nothing of how the mistake was found, nor of who shows it.
"""

from __future__ import annotations

from typing import Literal

from allaprima.errors import PromptError

Kind = Literal[
    "empty",
    "too_long",
    "too_many",
    "too_many_jobs",
    "unbalanced_braces",
    "unsupported",
    "bad_weight",
    "weights_not_positive",
    "image_alone",
    "unrecognized",
    "missing_space",
    "missing_value",
    "bad_value",
    "out_of_range",
    "text_after_parameters",
    "incompatible",
]


class PromptMistake(PromptError):
    """A prompt that cannot be read.

    `kind` is a stable word for programs, `message` a sentence for people, `position` the index of the first wrong
    character in the prompt as it was typed (0 to its length), `suggestion` what to write instead, if that is known.
    """

    def __init__(self, kind: Kind, message: str, position: int, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.position = position
        self.suggestion = suggestion

    def moved_to(self, position: int) -> PromptMistake:
        """The same mistake at another place: from an expanded permutation back to what was typed."""
        return PromptMistake(self.kind, self.message, position, self.suggestion)

    def pointed_at(self, prompt: str, width: int = 100) -> str:
        """Two lines, at most `width` characters each: the prompt around the mistake, and a caret under it."""
        start = max(0, min(self.position - width // 2, len(prompt) - width))
        shown = "".join(" " if c.isspace() or not c.isprintable() else c for c in prompt[start : start + width])
        return f"{shown}\n{' ' * (self.position - start)}^"

    def to_json(self) -> dict[str, str | int | None]:
        """`{"message", "position", "suggestion"}`, as `allaprima parse --json` prints it."""
        return {"message": self.message, "position": self.position, "suggestion": self.suggestion}
