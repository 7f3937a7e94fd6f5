"""What a prompt means once it is read: words with weights, pictures, and typed parameters.

Plain frozen data, equal when it means the same. Knows nothing of how a prompt is written or painted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

NO_SHARE = 0.5
"""All items of `--no` together weigh minus this, in units of the largest weight in the prompt."""


class Aspect(NamedTuple):
    """Width to height, in lowest terms: `Aspect(16, 9)`. Both are whole and at least 1."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}:{self.height}"


@dataclass(frozen=True, slots=True)
class TextPart:
    """Words that are read together, by themselves.

    `text` is what was typed, without escapes and with single spaces, quotation marks included. `weight` is as written
    (default 1, -1000 to 1000, rounded to six decimals). `normalised` is the weight divided by the sum of the weights
    of all parts of the prompt. `quotes` are (start, end) ranges of `text`, without the marks: words to draw as letters.
    """

    text: str
    weight: float = 1.0
    normalised: float = 1.0
    quotes: tuple[tuple[int, int], ...] = ()

    @property
    def quoted(self) -> tuple[str, ...]:
        """The words in double quotation marks, to be drawn as letters."""
        return tuple(self.text[start:end] for start, end in self.quotes)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """A picture, a style code or a named character: `ref` as written (URL, file, digits, `random` or a name)."""

    ref: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Every parameter with its value, typed; the default where the prompt does not say. `given` names what it said.

    The names, defaults and ranges are those of `allaprima.prompt.TABLE`, which explains them.
    """

    aspect: Aspect = Aspect(1, 1)
    chaos: int = 0
    stylize: int = 100
    weird: int = 0
    exp: int = 0
    raw: bool = False
    style: str | None = None
    quality: float = 1.0
    seed: int | None = None
    no: tuple[str, ...] = ()
    iw: float = 1.0
    sref: tuple[ImageReference, ...] = ()
    sw: int = 100
    sv: int = 7
    cref: tuple[ImageReference, ...] = ()
    cw: int = 100
    oref: tuple[ImageReference, ...] = ()
    ow: int = 100
    edit: tuple[ImageReference, ...] = ()
    profile: tuple[ImageReference, ...] = ()
    tile: bool = False
    repeat: int = 1
    stop: int = 100
    version: str | None = None
    niji: str | None = None
    draft: bool = False
    hd: bool = False
    sd: bool = False
    fast: bool = False
    relax: bool = False
    turbo: bool = False
    public: bool = False
    stealth: bool = False
    video: bool = False
    motion: str = "low"
    loop: bool = False
    end: tuple[ImageReference, ...] = ()
    bs: int = 4
    given: frozenset[str] = frozenset()

    def with_values(self, **values: Any) -> Parameters:
        """A copy that says these too: `parameters.with_values(seed=7)`. Values are taken as they are, unchecked."""
        return replace(self, given=self.given | values.keys(), **values)

    def without(self, *names: str) -> Parameters:
        """A copy that leaves these to their defaults."""
        kept = {name: getattr(self, name) for name in self.given if name not in names}
        return Parameters(given=frozenset(kept), **kept)

    def to_json(self) -> dict[str, Any]:
        """What the prompt said, by long name in the table's order, as plain JSON values."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name in self.given}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One job: what to paint once, permutations already chosen."""

    text: tuple[TextPart, ...] = ()
    images: tuple[ImageReference, ...] = ()
    parameters: Parameters = field(default_factory=Parameters)

    @property
    def words(self) -> str:
        """What is wanted, as one line: the parts of positive weight, one after another."""
        return " ".join(part.text for part in self.text if part.weight > 0)

    @property
    def quoted(self) -> tuple[str, ...]:
        """Every text in quotation marks, in order."""
        return tuple(words for part in self.text for words in part.quoted)

    @property
    def weighted(self) -> tuple[TextPart, ...]:
        """What guides the painter: the parts and the items of `--no`, with `normalised` weights that sum to 1.

        `tulips --no red` and `tulips:: red::-.5` guide alike: 2 and -1.
        """
        return normalised((*self.text, *_excluded(self.text, self.parameters.no)))

    @property
    def canonical(self) -> str:
        """The prompt in its one standard spelling; reading it gives an equal prompt."""
        from allaprima.prompt.canonical import canonical  # the tree must load without its writer

        return canonical(self)

    def to_json(self) -> dict[str, Any]:
        """`{"text", "images", "parameters", "canonical"}`."""
        return {
            "text": [{"text": p.text, "weight": p.weight, "normalised": p.normalised} for p in self.text],
            "images": _plain(self.images),
            "parameters": self.parameters.to_json(),
            "canonical": self.canonical,
        }


@dataclass(frozen=True, slots=True)
class ParsedPrompt:
    """What was read: one prompt per job, and sentences about what was understood otherwise than someone may expect."""

    jobs: tuple[Prompt, ...]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`{"jobs", "warnings"}`, as `allaprima parse --json` prints it."""
        return {"jobs": [job.to_json() for job in self.jobs], "warnings": list(self.warnings)}


def normalised(parts: Iterable[TextPart]) -> tuple[TextPart, ...]:
    """The parts with `normalised` set so that they sum to 1; the sum of their weights must be above 0."""
    parts = tuple(parts)
    total = sum(part.weight for part in parts)
    return tuple(replace(part, normalised=round(part.weight / total, 6)) for part in parts)


def total_weight(parts: tuple[TextPart, ...], no: tuple[str, ...]) -> float:
    """The sum that the sum rule is about: the parts' weights and the share of `--no`."""
    return sum(part.weight for part in (*parts, *_excluded(parts, no)))


def _excluded(parts: tuple[TextPart, ...], no: tuple[str, ...]) -> tuple[TextPart, ...]:
    largest = max((part.weight for part in parts), default=1.0)
    return tuple(TextPart(item, weight=-NO_SHARE * largest / len(no)) for item in no)


def _plain(value: Any) -> Any:
    match value:
        case Aspect():
            return str(value)
        case ImageReference():
            return {"ref": value.ref, "weight": value.weight}
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return value
