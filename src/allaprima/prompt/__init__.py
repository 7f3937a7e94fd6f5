"""Words to prompts: Midjourney's language and more, read into a typed tree. Pure Python; knows nothing of painting."""

from __future__ import annotations

from allaprima.prompt.canonical import canonical
from allaprima.prompt.mistake import PromptMistake
from allaprima.prompt.parameters import TABLE, Parameter
from allaprima.prompt.parser import parse
from allaprima.prompt.tree import (
    Aspect,
    ImageReference,
    Parameters,
    ParsedPrompt,
    Prompt,
    TextPart,
    normalised,
)

__all__ = [
    "TABLE",
    "Aspect",
    "ImageReference",
    "Parameter",
    "Parameters",
    "ParsedPrompt",
    "Prompt",
    "PromptMistake",
    "TextPart",
    "canonical",
    "normalised",
    "parse",
]
