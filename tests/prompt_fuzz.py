"""Prompts at random: words, and every piece of grammar, whole, broken and in the wrong place."""

from __future__ import annotations

import random

from allaprima.prompt import TABLE

WORDS = (
    "a cat", "red", "in the rain", "space ship", "tulips", "3 dogs", "naïve café", "猫", "🎨", "o'clock", "10:30",
    "16:9", "12\" record", "cat—sleeping", "well-known", "U.S.A.", "#1", "50%", "C:\\pics", "a/b", "e.g.", "(black)",
)  # fmt: skip
PICTURES = (
    "https://example.com/a.png", "http://x.org/b", "<https://s.mj.run/XY_z>", "flowers.jpg", "C:\\pics\\a.webp",
    "my\\ cat.png", "a.GIF::2", "https://e.com/?q=1::.5", "http://[::1]/a.png", "https://e.com/a--b.png",
)  # fmt: skip
SHREDS = (
    "::", ":: ", "::2", "::-.5", "::1.25 ", ":::", ":", "::3D", "{", "}", "{}", "{a, b}", "{a|b, c}", "{, x}",
    "{{a, b}, c}", "\\,", "\\{", "\\}", "\\\\", "\\", "\\|", "\\-", "\\:", "\\\"", "\"", "\"hello world\"", "“sale”",
    "\"--ar 1:1\"", "\" a \"", "(red:1.3)", "(a (b:1.2) c:0.5)", "((x))", "(x:9)", "[grass]", "[[y]]", "[a|b]",
    "[a:b:0.5]", "(", ")", "[", "]", ":1.3)", "--", "—", "–", "-", " - ", "- - ", "---", " --", " —", "--no",
    " --no red, green", "--{v 5, niji, test}", "{--tile,}", ",", ".", "|", "<", ">", "@", "\n", "\t", "\u0000",
    "\u200b", "\U000f0003", "\ud800", "\ufeff", "/imagine ", "/imagine prompt: ", "$$", "2$$a", "{2$$a|b}",
    "{0.5::a|b}", "'", "`", "=", "&", "é", "ﬁ", "İ", "ß",
)  # fmt: skip
VALUES = (
    "0", "1", "2", "4", "5", "7", "10", "50", "100", "400", "4294967295", "4294967296", "-1", ".5", "0.25", "1.",
    "1e3", "50%", "", "16:9", "2:3", "1.5:1", "16x9", "0:1", "99:1", "random", "raw", "pixel-art", "\"pixel art\"",
    "low", "high", "none", "6.1", "9", "first-light", "https://e.com/x.png", "@lily", "@lily @tom::2",
    "a.png b.png::.5", "762351716 random", "abc123::2 x9", "a, b", "a, \"b, c\", d\\, e", ",", "2:3,", "x y z", "@",
    "::2", "{1, 2}",
)  # fmt: skip
NAMES = tuple(name for row in TABLE for name in (row.name, *row.aliases))


def fuzzed(dice: random.Random) -> str:
    """One prompt: now and then sound, mostly strange; up to a few hundred characters."""
    if dice.random() < 0.1:
        return "".join(dice.choice(SHREDS) for _ in range(dice.randrange(30)))
    pieces = [dice.choice(PICTURES) for _ in range(max(0, dice.randrange(-3, 3)))]
    for _ in range(dice.randrange(1, 5)):
        pieces.append(dice.choice(WORDS))
        while dice.random() < 0.35:
            pieces.append(dice.choice(SHREDS))
    for _ in range(dice.randrange(4)):
        dashes = dice.choice(("--", "--", "--", "--", "—", "–", "-", "---"))
        name = dice.choice(NAMES)
        if dice.random() < 0.1:
            wrong = dice.choice(("choas", "x", "aspect-ratio", "testp", "sameseed", "noo"))
            name = name.upper() if dice.random() < 0.5 else wrong
        pieces.append(dashes + name)
        pieces.append(dice.choice(VALUES))
    joiner = " " if dice.random() < 0.8 else ""
    text = joiner.join(pieces)
    if dice.random() < 0.1 and text:
        start = dice.randrange(len(text))
        text = text[start:] + text[:start]
    return text


def sound(dice: random.Random) -> str:
    """One prompt that can be read more often than not, with much in it."""
    parts = []
    for _ in range(dice.randrange(1, 4)):
        pieces = [dice.choice(WORDS)] + [dice.choice(SHREDS) for _ in range(dice.randrange(3))]
        parts.append(" ".join(pieces) + dice.choice(("", "", "::", "::2", "::.5")))
    rows = dice.sample(TABLE, dice.randrange(4))
    written = [f"--{dice.choice((row.name, *row.aliases))} {row.example}" for row in rows]
    return " ".join((*parts, *written))
