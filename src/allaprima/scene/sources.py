"""Where the drawings come from: pinned packages, each with its licence, its style and the client that fetches it.

Pure data. It knows neither how a package is fetched nor how a drawing is rendered. The order is the order of
the drawings in the built corpus, so a new source goes at the end: the indices of earlier drawings never change.
"""

from __future__ import annotations

from dataclasses import dataclass

PERMITTED_LICENCES = frozenset({"MIT", "Apache-2.0", "CC-BY-3.0", "CC-BY-4.0", "CC0-1.0", "CC-PDDC"})
"""Nothing else enters the corpus: no share-alike, no copyleft, no non-commercial terms.

CC-PDDC is Creative Commons' public domain dedication, under which Openclipart's drawings were given.
"""


@dataclass(frozen=True)
class Source:
    """One package at one version, giving drawings of one style.

    ``layout`` says how the package keeps its drawings: ``iconify`` (icons.json with SVG bodies), ``webp`` (one
    raster per emoji, named by code point) or ``svg-tree`` (a tree of SVG files). ``naming`` says how names
    become concepts: ``emoji`` (the name is an emoji's), ``icon`` (an ordinary icon name) or ``clipart`` (a file
    name and its folders).
    """

    package: str
    version: str
    style: str
    licence: str
    author: str
    client: str = "npm"
    layout: str = "iconify"
    naming: str = "emoji"


def _iconify(name: str, version: str, style: str, licence: str, author: str, naming: str = "emoji") -> Source:
    return Source(f"@iconify-json/{name}", version, style, licence, author, naming=naming)


SOURCES: tuple[Source, ...] = (
    _iconify("noto", "1.2.9", "noto", "Apache-2.0", "Google Inc"),
    _iconify("fluent-emoji-flat", "1.2.6", "flat", "MIT", "Microsoft Corporation"),
    _iconify("twemoji", "1.2.5", "twemoji", "CC-BY-4.0", "Twitter and contributors"),
    Source("@lobehub/fluent-emoji-3d", "1.1.0", "3d", "MIT", "Microsoft Corporation, LobeHub", layout="webp"),
    _iconify("noto-v1", "1.2.5", "blob", "Apache-2.0", "Google Inc"),
    _iconify("emojione", "1.2.3", "emojione", "CC-BY-4.0", "Emoji One"),
    _iconify("fluent-emoji", "1.2.7", "gradient", "MIT", "Microsoft Corporation"),
    _iconify("fxemoji", "1.2.2", "fx", "Apache-2.0", "Mozilla"),
    _iconify("streamline-emojis", "1.2.4", "line", "CC-BY-4.0", "Streamline"),
    _iconify("streamline-freehand-color", "1.2.2", "hand-drawn", "CC-BY-4.0", "Streamline", "icon"),
    _iconify("streamline-pixel", "1.2.0", "pixel art", "CC-BY-4.0", "Streamline", "icon"),
    _iconify("flat-color-icons", "1.2.3", "icon", "MIT", "Icons8", "icon"),
    _iconify("meteocons", "1.2.4", "weather icon", "MIT", "Bas Milius", "icon"),
    _iconify("game-icons", "1.2.4", "silhouette", "CC-BY-3.0", "game-icons.net contributors", "icon"),
    Source("openclipart-svg", "1:0.18+dfsg-19", "clipart", "CC-PDDC", "Openclipart contributors",
           client="apt", layout="svg-tree", naming="clipart"),
)

EMOJI_NAMES = Source("emojibase-data", "17.0.0", "", "MIT", "Miles Johnson", layout="names")
"""Names, keywords and groups of every emoji; gives words, no drawings."""


@dataclass(frozen=True)
class Font(Source):
    """A package with one typeface for lettering. ``file`` is its font file inside the package; ``style`` its name.

    ``case`` says what it serves: "upper" has no lower case, "lower" is a script whose capitals are for beginnings.
    """

    file: str = ""
    case: str = "any"


FONT_LICENCES = frozenset({"OFL-1.1"})
"""Typefaces are drawn with, never drawings of the corpus, and come under the SIL Open Font License alone."""


def _font(name: str, weight: int, author: str, case: str = "any") -> Font:
    return Font(f"@fontsource/{name}", "5.3.0", name, "OFL-1.1", author, layout="font",
                file=f"files/{name}-latin-{weight}-normal.woff2", case=case)  # fmt: skip


FONTS: tuple[Font, ...] = (
    _font("fredoka", 600, "The Fredoka Project Authors"),
    _font("nunito", 800, "The Nunito Project Authors"),
    _font("baloo-2", 700, "The Baloo 2 Project Authors"),
    _font("alfa-slab-one", 400, "The Alfa Slab One Project Authors"),
    _font("playfair-display", 800, "The Playfair Display Project Authors"),
    _font("lobster", 400, "The Lobster Project Authors", case="lower"),
    _font("pacifico", 400, "The Pacifico Project Authors", case="lower"),
    _font("patrick-hand", 400, "Patrick Wagesreiter"),
    _font("caveat-brush", 400, "Google Inc"),
    _font("press-start-2p", 400, "The Press Start 2P Project Authors"),
    _font("bangers", 400, "The Bangers Project Authors", case="upper"),
    _font("bebas-neue", 400, "The Bebas Neue Project Authors", case="upper"),
)
