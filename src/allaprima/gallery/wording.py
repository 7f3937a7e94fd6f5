"""What both databases take: texts without NUL and half characters, names that are short, JSON that is plain.

Knows nothing of what the texts say.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from allaprima.errors import UserError


def storable(text: str) -> str:
    """Free text as it can be stored; what no database takes becomes a replacement character."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def plain(text: str, what: str, longest: int = 200) -> str:
    """A name, stripped. Raises UserError when it is empty, too long, or holds control characters."""
    name = storable(text).strip()
    if not 0 < len(name) <= longest or any(unicodedata.category(sign) == "Cc" for sign in name):
        raise UserError(f"The {what} must be 1 to {longest} characters in one line, not {text[:60]!r}.")
    return name


def jsonable(value: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The value itself, when it is plain JSON: strings, finite numbers, lists, mappings. Raises UserError."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(f"The {what} must be plain JSON: {error}.") from error
    return dict(value)
