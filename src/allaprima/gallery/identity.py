"""Ids that sort by time: 26 signs, 48 bits of milliseconds, then a counter and chance.

A list paged by id goes on at the right place even when the picture it stopped at was deleted. Knows nothing of
what is being named.
"""

from __future__ import annotations

import re
import secrets
import threading
import time

_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
_LENGTH = 26
_CHANCE_BITS = 80
_PATTERN = re.compile(rf"[0-7][{_SIGNS}]{{{_LENGTH - 1}}}")
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A fresh id, greater than every one this process gave before."""
    global _last
    number = (time.time_ns() // 1_000_000 << _CHANCE_BITS) | secrets.randbits(_CHANCE_BITS)
    with _lock:
        # Within one millisecond, or after the clock was set back, go on from the last with a random stride.
        if number <= _last:
            number = _last + 1 + secrets.randbits(32)
        _last = number
    return "".join(_SIGNS[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def is_id(text: str) -> bool:
    """Whether this could be an id of ours."""
    return _PATTERN.fullmatch(text) is not None
