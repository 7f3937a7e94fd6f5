"""The one table of parameters: what can be written, its range and default, what it clashes with, what it does here.

The parser, the warnings and the reference page are made from this table, so they cannot disagree. It knows nothing of
how values are read (values.py) or painted.
"""

from __future__ import annotations

from dataclasses import dataclass

from allaprima.prompt.tree import Parameters


@dataclass(frozen=True, slots=True)
class Flag:
    """Written without a value."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `low` to `high`; whole, or one that is moved to the nearest of `steps`."""

    low: float
    high: float
    whole: bool = True
    steps: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `values`, in small letters; `bare` stands for none written; `named` allows other names (letters first)."""

    values: tuple[str, ...]
    bare: str | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two whole numbers, `width:height`, at most `widest` to 1 either way."""

    widest: int


@dataclass(frozen=True, slots=True)
class References:
    """Pictures (URL or file), names, with `codes` also digits and `random`; at most `most`, each with `::weight`."""

    most: int
    codes: bool = False


@dataclass(frozen=True, slots=True)
class Codes:
    """Profile codes or names, at most `most`, each with `::weight`; `bare` stands for none written."""

    most: int
    bare: str


@dataclass(frozen=True, slots=True)
class Words:
    """A list with commas, at most `most` items."""

    most: int


@dataclass(frozen=True, slots=True)
class Name:
    """One name; spaces within it are written as hyphens or in quotation marks."""


Value = Flag | Number | Choice | Ratio | References | Codes | Words | Name


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row. `clashes` may not stand beside it; it does nothing without one of `needs`; `idle` says why it has no
    effect here, and is told to whoever writes it."""

    name: str
    aliases: tuple[str, ...]
    value: Value
    example: str
    meaning: str
    here: str
    clashes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    idle: str | None = None

    @property
    def default(self) -> object:
        """The value when the prompt does not say; None when there is none."""
        return getattr(Parameters(), self.name)

    @property
    def range(self) -> str:
        """What may be written, in words that fit after "takes"."""
        return describe(self.value)


def describe(value: Value) -> str:
    """What may be written, in words that fit after "takes"."""
    match value:
        case Flag():
            return "no value"
        case Number(steps=steps) if steps:
            return "one of " + ", ".join(f"{step:g}" for step in steps)
        case Number(low=low, high=high, whole=whole):
            return f"a {'whole ' if whole else ''}number from {low:.0f} to {high:.0f}"
        case Choice(values=values, bare=bare, named=named):
            return (
                "one of "
                + ", ".join(values)
                + (", or a model's name" if named else "")
                + (f" (nothing: {bare})" if bare else "")
            )
        case Ratio(widest=widest):
            return f"two whole numbers with a colon, at most {widest}:1 or 1:{widest}"
        case References(most=1):
            return "one picture (address or file) or name"
        case References(most=most, codes=codes):
            kinds = (
                "pictures (address or file), codes, names or random" if codes else "pictures (address or file) or names"
            )
            return f"up to {most} {kinds}"
        case Codes(most=most, bare=bare):
            return f"up to {most} codes (nothing: {bare})"
        case Words(most=most):
            return f"up to {most} things, with commas between them"
        case Name():
            return "one name"


_PASTED = "Accepted so that prompts can be pasted."
_RESERVED = "Reserved."
_VERSIONS = (*"12345", "5.0", "5.1", "5.2", "6", "6.0", "6.1", "7", "8", "8.0", "8.1", "8.2")
_LOCAL = "It has no effect here: there is no queue, every picture is painted at once on your own computer."
_PRIVATE = "It has no effect here: pictures stay on your own computer until you publish them yourself."
_FILM = "It has no effect yet: it is kept for moving pictures, which are made from a story and not from a prompt."

TABLE: tuple[Parameter, ...] = (
    Parameter(
        "aspect", ("ar",), Ratio(14), "16:9",
        "Width to height of the picture.",
        "Whole numbers only, reduced to lowest terms. Painted at the nearest shape that the model knows.",
    ),
    Parameter(
        "chaos", ("c",), Number(0, 100), "25",
        "How different the four pictures of a grid are from each other.",
        "Noise on the meaning of the prompt, early in the painting, differs by this much between the four.",
    ),
    Parameter(
        "stylize", ("s",), Number(0, 1000), "250",
        "How strongly the painter's own look counts against the plain words.",
        "0 follows the words alone; 100 is the trained balance; 1000 is mostly look. Means nothing without words.",
    ),
    Parameter(
        "weird", ("w",), Number(0, 3000), "500",
        "How unusual the picture may be.",
        "Pushes the meaning of the prompt away from the usual. The same seed still gives the same picture.",
    ),
    Parameter(
        "exp", (), Number(0, 100), "25",
        "Another experimental kind of detail and contrast.",
        _PASTED,
        idle="It has no effect here: nothing was learned for it. Use --weird or --stylize.",
    ),
    Parameter(
        "raw", (), Flag(), "",
        "Less of the painter's own taste.",
        "Turns the learned look off, as --stylize 0 does, and adds no words of its own. --style raw is the same.",
    ),
    Parameter(
        "style", (), Name(), "pixel-art",
        "A look by its name.",
        "The styles that the model was trained on, and those of your own drawings. Write spaces as hyphens. Names that "
        "only Midjourney knows (cute, scenic, 4a, tuner codes) are kept and reported as unknown when painting.",
    ),
    Parameter(
        "quality", ("q",), Number(0.25, 4, whole=False, steps=(0.25, 0.5, 1, 2, 4)), "2",
        "How much work goes into the picture.",
        "Multiplies the number of steps. Values between are moved to the nearest one allowed.",
        clashes=("draft",),
    ),
    Parameter(
        "seed", (), Number(0, 4294967295), "123",
        "The noise that the picture begins with.",
        "The same prompt, seed and model give the same picture, on any day. A seed that is not written is chosen and "
        "kept in the picture's recipe. With --repeat the seed counts up.",
    ),
    Parameter(
        "no", (), Words(32), "fruit, plants",
        "What should not be in the picture.",
        "All items together weigh -0.5, in units of the largest weight of the prompt; may be written several times.",
    ),
    Parameter(
        "iw", (), Number(0, 3, whole=False), "1.5",
        "How strongly the pictures before the words count against the words.",
        "Multiplies the weights of the pictures.",
        needs=("images",),
    ),
    Parameter(
        "sref", (), References(10, codes=True), "https://example.com/sketch.png",
        "Pictures whose style is to be followed.",
        "Pictures, names of your own styles, a code (a number that stands for a point among the styles), or random, "
        "which is replaced by a code that the recipe keeps.",
    ),
    Parameter(
        "sw", (), Number(0, 1000), "100",
        "How strongly the style references count.",
        "100 is the trained strength.",
        needs=("sref",),
    ),
    Parameter(
        "sv", (), Number(1, 8), "7",
        "Which version of style references is used.",
        _PASTED,
        needs=("sref",),
        idle="It has no effect here: there is one way of following a style.",
    ),
    Parameter(
        "cref", (), References(10), "@lily",
        "The same character again: pictures of it, or its name.",
        "Works with every version, with several characters, each with its own weight.",
    ),
    Parameter(
        "cw", (), Number(0, 100), "100",
        "How much of the character is kept.",
        "0 keeps the face alone, 100 also hair and clothes.",
        needs=("cref",),
    ),
    Parameter(
        "oref", (), References(1), "https://example.com/robot.png",
        "An object or character that is to be in the picture.",
        "Works with every version; one reference. Needs words as well.",
    ),
    Parameter(
        "ow", (), Number(0, 1000), "100",
        "How strongly that object counts.",
        "100 is the trained strength; up to 400 is reasonable.",
        needs=("oref",),
    ),
    Parameter(
        "edit", (), References(4), "https://example.com/room.png",
        "Pictures to change as the words say.",
        "The first picture is painted over, and also gives the shape unless --aspect is written.",
        clashes=("tile",),
    ),
    Parameter(
        "profile", ("p", "personalize"), Codes(10, "default"), "",
        "Your own taste, learned from favourites.",
        "A direction in the space of meanings, learned from pictures you liked. none turns it off for one prompt; "
        "--stylize scales it.",
    ),
    Parameter(
        "tile", (), Flag(), "",
        "A picture that repeats without a seam.",
        "Painted on a ring in both directions.",
        clashes=("edit",),
    ),
    Parameter(
        "repeat", ("r",), Number(1, 40), "4",
        "Paint this prompt several times.",
        "As many grids with different seeds; at most 40 jobs from one prompt, permutations included.",
    ),
    Parameter(
        "stop", (), Number(10, 100), "60",
        "Stop painting at this per cent.",
        "Walks at least 16 steps and ends at that share of them; shown is the picture as it is by then, softer.",
    ),
    Parameter(
        "version", ("v",),
        Choice(_VERSIONS, named=True),
        "6.1",
        "The model to paint with.",
        "The name of an installed model. Midjourney's numbers choose the model shipped here, and forbid nothing: "
        "weights, --cref, --oref and the rest work beside any number.",
        clashes=("niji",),
    ),
    Parameter(
        "niji", (), Choice(("4", "5", "6", "7"), bare="7"), "6",
        "The model for anime.",
        "Chooses the model shipped here.",
        clashes=("version",),
    ),
    Parameter(
        "draft", (), Flag(), "",
        "Fast and rough.",
        "The fewest steps.",
        clashes=("hd", "quality"),
    ),
    Parameter(
        "hd", (), Flag(), "",
        "Large.",
        "More steps, then enlarged.",
        clashes=("sd", "draft"),
    ),
    Parameter(
        "sd", (), Flag(), "",
        "Not large.",
        "The model's own size, as without it.",
        clashes=("hd",),
    ),
    Parameter("fast", (), Flag(), "", "Paint at once.", _PASTED, clashes=("relax", "turbo"), idle=_LOCAL),
    Parameter("relax", (), Flag(), "", "Wait, and pay less.", _PASTED, clashes=("fast", "turbo"), idle=_LOCAL),
    Parameter("turbo", (), Flag(), "", "Faster, and pay more.", _PASTED, clashes=("fast", "relax"), idle=_LOCAL),
    Parameter("public", (), Flag(), "", "Show the picture to everyone.", _PASTED, clashes=("stealth",), idle=_PRIVATE),
    Parameter("stealth", (), Flag(), "", "Hide the picture from others.", _PASTED, clashes=("public",), idle=_PRIVATE),
    Parameter("video", (), Flag(), "", "Make a moving picture.", _RESERVED, idle=_FILM),
    Parameter(
        "motion", (), Choice(("low", "high")), "high",
        "How much moves.",
        _RESERVED,
        needs=("video",),
        idle=_FILM,
    ),
    Parameter(
        "loop", (), Flag(), "",
        "The last frame is the first.",
        _RESERVED,
        clashes=("end",),
        needs=("video",),
        idle=_FILM,
    ),
    Parameter(
        "end", (), References(1), "https://example.com/last.png",
        "The last frame.",
        _RESERVED,
        clashes=("loop",),
        needs=("video",),
        idle=_FILM,
    ),
    Parameter(
        "bs", (), Number(1, 4, steps=(1, 2, 4)), "1",
        "How many takes.",
        _RESERVED,
        needs=("video",),
        idle=_FILM,
    ),
)  # fmt: skip

BY_NAME: dict[str, Parameter] = {name: row for row in TABLE for name in (row.name, *row.aliases)}
"""Every spelling, in small letters, without its hyphens."""

RETIRED: dict[str, bool] = {
    **dict.fromkeys(("test", "testp", "creative", "uplight", "upbeta", "upanime", "hq"), False),
    **dict.fromkeys(("newclip", "nostretch", "old", "vibe", "preview", "beta"), False),
    **dict.fromkeys(("sameseed", "width", "height", "h"), True),
}
"""Parameters that Midjourney itself gave up, and whether a value follows: read past with a warning."""
