"""A prompt in its one standard spelling: `parse(canonical(p)).jobs == (p,)`.

Pictures first, then the words, then the parameters by long name in the table's order; weights are written out as soon
as there are several parts. Knows the tree and the table; knows nothing of reading.
"""

from __future__ import annotations

import re

from allaprima.prompt.lexer import DASHES, seal, seal_quotations
from allaprima.prompt.parameters import BY_NAME, TABLE, Codes, Flag, Parameter, References
from allaprima.prompt.tree import ImageReference, Prompt, TextPart
from allaprima.prompt.values import looks_like_picture

_ALWAYS = str.maketrans({c: "\\" + c for c in '\\{}[]"'})
_QUOTED = str.maketrans({c: "\\" + c for c in '\\{}"'})
_IN_REFERENCE = str.maketrans({c: "\\" + c for c in '\\{}" '})
_COLONS = re.compile(r":{2,}|:$")
_DASHES = re.compile(rf"[-{DASHES}](?: *[-{DASHES}])+|(?<![^ ])[{DASHES}](?=[^\W\d_]| +([A-Za-z]+))")
_DASH = re.compile(rf"[-{DASHES}]")
_EMPHASIS = re.compile(r"(?<![0-9]): *[+-]?[0-9.]+ *\)")
_FIRST_WORD = re.compile(r"[^ ]*")


def canonical(prompt: Prompt) -> str:
    """The standard spelling of a prompt that was read, or built from values that could have been."""
    pictures = [_reference(image, name=False) for image in prompt.images]
    weights_shown = len(prompt.text) > 1 or any(part.weight != 1 for part in prompt.text)
    parts = [_part(part, weights_shown) for part in prompt.text]
    if parts:
        parts[0] = _not_a_picture(parts[0])
    parameters = [_parameter(prompt, row) for row in TABLE if row.name in prompt.parameters.given]
    return " ".join([*pictures, *parts, *parameters])


def number(value: float) -> str:
    """A number without an exponent and without needless zeros: 2, 0.5, -1.25."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _part(part: TextPart, weight_shown: bool) -> str:
    pieces, end = [], 0
    for quote_start, quote_end in part.quotes:
        pieces += [
            _escaped(part.text[end : quote_start - 1]),
            f'"{part.text[quote_start:quote_end].translate(_QUOTED)}"',
        ]
        end = quote_end + 1
    pieces.append(_escaped(part.text[end:]))
    return "".join(pieces) + (f"::{number(part.weight)}" if weight_shown else "")


def _escaped(words: str) -> str:
    """Words so that nothing in them is read as grammar."""
    plain = words.translate(_ALWAYS)
    if "(" in plain and _EMPHASIS.search(plain):
        plain = plain.replace("(", "\\(")
    plain = _COLONS.sub(lambda m: m[0].replace(":", "\\:"), plain)
    return _DASHES.sub(_plain_dashes, plain)


def _plain_dashes(dashes: re.Match[str]) -> str:
    harmless = dashes[1] is not None and dashes[1].lower() not in BY_NAME
    return dashes[0] if harmless else _DASH.sub(r"\\\g<0>", dashes[0])


def _not_a_picture(words: str) -> str:
    if words.lower().startswith("/imagine"):
        return "\\" + words
    first = _FIRST_WORD.match(seal_quotations(seal(words)))
    if first is None or not looks_like_picture(first[0]):
        return words
    end = words.find("::", 0, first.end())  # a weight, whose point is none of a file's name
    end = first.end() if end < 0 else end
    return words[:end].replace("://", "\\://").replace(".", "\\.") + words[end:]


def _parameter(prompt: Prompt, row: Parameter) -> str:
    value = getattr(prompt.parameters, row.name)
    match row.value:
        case Flag():
            return f"--{row.name}"
        case References(codes=codes):
            written = " ".join(_reference(item, name=True, codes=codes) for item in value)
        case Codes():
            written = " ".join(item.ref + _weight(item) for item in value)
        case _ if row.name == "no":
            written = ", ".join(_escaped(item).replace(",", "\\,") for item in value)
        case _:
            written = number(value) if isinstance(value, float) else str(value)
    return f"--{row.name} {written}"


def _reference(item: ImageReference, *, name: bool, codes: bool = False) -> str:
    written = item.ref.translate(_IN_REFERENCE).replace("::", "\\:\\:")
    if written.startswith(("-", *DASHES)):
        written = "\\" + written
    is_code = codes and (item.ref.isascii() and item.ref.isdigit() or item.ref == "random")
    if name and not is_code and not looks_like_picture(item.ref.replace(" ", "_")):
        written = "@" + written
    return written + _weight(item)


def _weight(item: ImageReference) -> str:
    return "" if item.weight == 1 else f"::{number(item.weight)}"
