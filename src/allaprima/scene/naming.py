"""From a package's own names to concepts: one emoji, one concept, whatever each set calls it.

Knows the names in Unicode's tables and how the sets differ from them; knows nothing of pictures. Every emoji set
names its drawings a little differently ("wolf-face", "wolfface", "wolf"); this joins them so that the same thing
in another style is found under the same key.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from allaprima.errors import CorpusError
from allaprima.scene.chosen import emoji_aliases

GROUPS = {0: "face", 1: "people", 3: "animal", 4: "food", 5: "place", 6: "activity", 7: "object", 8: "symbol",
          9: "flag"}
PLANT_WORDS = frozenset({"flower", "plant", "tree", "leaf"})

_SHORTCODES = ("cldr", "iamcal", "github", "joypixels", "emojibase-legacy", "emojibase")
_TONE = re.compile(r"(-(light|medium-light|medium|medium-dark|dark))+$|skin-tone|-tone\d")
_KEPT_SYMBOLS = frozenset({
    "red-circle", "orange-circle", "yellow-circle", "green-circle", "blue-circle", "purple-circle",
    "brown-circle", "black-circle", "white-circle", "red-square", "orange-square", "yellow-square",
    "green-square", "blue-square", "purple-square", "brown-square", "large-orange-diamond",
    "large-blue-diamond", "red-triangle-pointed-up", "red-triangle-pointed-down", "diamond-with-a-dot",
    "recycling-symbol", "radioactive", "biohazard", "peace-symbol", "yin-yang", "trident-emblem",
    "fleur-de-lis", "warning", "hollow-red-circle", "no-entry", "infinity", "eight-pointed-star", "sparkle",
    "children-crossing",
})
_KEPT_FLAGS = frozenset({"chequered-flag", "triangular-flag", "white-flag", "black-flag", "pirate-flag"})
_LEFT_OUT = frozenset({
    "hundred-points", "zzz", "anger-symbol", "eye-in-speech-bubble", "speech-balloon", "left-speech-bubble",
    "right-anger-bubble", "thought-balloon", "input-numbers", "calendar", "tear-off-calendar",
    "spiral-calendar", "new-moon", "middle-finger", "antenna-bars", "black-nib", "map-of-japan", "love-hotel",
    "convenience-store", "currency-exchange", "heavy-dollar-sign", "chart-increasing-with-yen", "end-arrow",
    "no-one-under-eighteen", "person-in-suit-levitating", "left-arrow-curving-right", "rightwards-hand",
    "leftwards-hand", "palm-down-hand", "palm-up-hand", "leftwards-pushing-hand", "rightwards-pushing-hand",
    "backhand-index-pointing-left", "backhand-index-pointing-right", "backhand-index-pointing-up",
    "backhand-index-pointing-down", "index-pointing-up", "index-pointing-at-the-viewer", "spade-suit",
    "club-suit", "diamond-suit", "mahjong-red-dragon", "flower-playing-cards", "joker",
})
_CLOCK = re.compile(r"(o-clock|-thirty)$|^(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)-")
_COMBINATION = re.compile(r"^(family|kiss-(man|woman)|couple-with-heart)-|^(man|woman|person)-(.*)-facing-right$")
_PICTURES_AFTER_ALL = frozenset({"heart-with-arrow", "bow-and-arrow", "stop-sign"})


@dataclass(frozen=True)
class Concept:
    """What a drawing shows: ``key`` is shared by every style, ``name`` is how one says it."""

    key: str
    name: str
    keywords: tuple[str, ...]
    group: str


def slug(words: str) -> str:
    """``"Person: red hair"`` becomes ``"person-red-hair"``."""
    return re.sub(r"[^a-z0-9]+", "-", _plain(words)).strip("-")


def _plain(words: str) -> str:
    words = words.lower().replace("’", "").replace("'", "").replace("“", "").replace("”", "").replace("&", "and")
    return unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()


def _joined(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", _plain(words))


def _code(hexcode: str) -> str:
    return hexcode.lower().replace("-fe0f", "")


def spoken(label: str) -> str:
    """The label as one would say it in a prompt: no colons, no brackets, no curly quotes."""
    label = re.sub(r"^(person|man|woman): (bald)$", r"\2 \1", label)
    label = re.sub(r"^(person|man|woman): (.*)$", r"\1 with \2", label)
    label = label.replace("“", "").replace("”", "").replace("’", "'").replace(":", "")
    return re.sub(r"\s+", " ", label).strip()


class EmojiNames:
    """Finds the emoji that a set's icon name means, and says whether it is worth drawing.

    ``data`` is emojibase's English data.json, ``shortcodes`` its short-name tables by file, ``charts`` each set's
    chars.json (code point to icon name), ``aliases`` each set's old names (old to present).
    """

    def __init__(
        self,
        data: Iterable[Mapping],
        shortcodes: Iterable[Mapping[str, str | list[str]]] = (),
        charts: Iterable[Mapping[str, str]] = (),
        aliases: Iterable[Mapping[str, str]] = (),
    ) -> None:
        self._by_code: dict[str, Mapping] = {_code(e["hexcode"]): e for e in data}
        self._names: dict[str, str] = {}
        for code, emoji in self._by_code.items():
            self._learn(emoji["label"], code)
        self._labels = {slug(emoji["label"]): code for code, emoji in self._by_code.items()}
        for chart in charts:
            for code, name in chart.items():
                self._learn(name, _code(code))
        for other, label in emoji_aliases().items():
            self._learn(other, self._names.get(_joined(label), ""))
        for table in aliases:
            for old, present in table.items():
                self._learn(old, self._names.get(_joined(present), ""))
        for shortcode in shortcodes:
            for code, names in shortcode.items():
                for name in [names] if isinstance(names, str) else names:
                    self._learn(name, _code(code))

    @classmethod
    def read(cls, names_folder: Path, iconify_folders: Iterable[Path]) -> EmojiNames:
        """From an unpacked emojibase-data and the unpacked emoji sets. Raises CorpusError when one is damaged."""
        try:
            english = names_folder / "en"
            data = json.loads((english / "data.json").read_text("utf-8"))
            tables = [json.loads((english / "shortcodes" / f"{s}.json").read_text("utf-8")) for s in _SHORTCODES]
            charts, aliases = [], []
            for folder in iconify_folders:
                chart = folder / "chars.json"
                if chart.exists():
                    charts.append(json.loads(chart.read_text("utf-8")))
                icons = json.loads((folder / "icons.json").read_text("utf-8"))
                aliases.append({old: new["parent"] for old, new in icons.get("aliases", {}).items()})
        except (OSError, ValueError, KeyError) as error:
            raise CorpusError(f"the emoji names under {names_folder} cannot be read ({error}); delete that folder "
                              "and run `allaprima corpus build` again to fetch them anew") from error
        return cls(data, tables, charts, aliases)

    def _learn(self, name: str, code: str) -> None:
        if code in self._by_code:
            self._names.setdefault(_joined(name), code)

    def find(self, name: str, style: str = "") -> Concept | None:
        """The concept that an icon name means in a set, or None when it is no emoji. ``pizza-2`` finds pizza."""
        instead = emoji_aliases(style).get(name)
        if instead is not None:
            return self.find(instead) if instead else None
        code = self._names.get(_joined(name)) or self._names.get(_joined(re.sub(r"-\d+$", "", name)))
        return self.at(code) if code else None

    def of_words(self, words: str) -> Concept:
        """The concept of an ordinary name: the emoji's where the words are its label, else one of its own.

        One of its own takes the group of the last word that is an emoji: a "bear head" is an animal.
        """
        code = self._labels.get(slug(words))
        concept = self.at(code) if code else None
        if concept is not None and concept.group != "flag":
            return Concept(concept.key, words, concept.keywords, concept.group)
        parts = slug(words).split("-")
        kin = [self.at(self._labels[part]) for part in parts if part in self._labels]
        group = next((k.group for k in reversed(kin) if k and k.group not in ("symbol", "flag")), "")
        return Concept(slug(words), words, tuple(parts) if len(parts) > 1 else (), group)

    def at(self, code: str) -> Concept | None:
        """The concept at a code point sequence such as ``1f9d1-200d-1f33e``; skin tones have none."""
        emoji = self._by_code.get(_code(code))
        if emoji is None or "group" not in emoji:
            return None
        name = spoken(emoji["label"])
        keywords = tuple(t for t in emoji.get("tags", ()) if t != name)
        group = GROUPS.get(emoji["group"], "")
        if group == "animal" and PLANT_WORDS & set(keywords):
            group = "plant"
        return Concept(slug(emoji["label"]), name, keywords, group)


def is_skin_tone(name: str) -> bool:
    """True for the light to dark variants of a person or hand; the default yellow one is kept instead."""
    return bool(_TONE.search(name))


def worth_drawing(concept: Concept) -> bool:
    """False for what is no picture of a thing: flags of states, letters, arrows, clock faces, look-alike families."""
    key = concept.key
    if concept.group == "symbol":
        return key in _KEPT_SYMBOLS
    if concept.group == "flag":
        return key in _KEPT_FLAGS
    if key in _PICTURES_AFTER_ALL:
        return True
    if not concept.group or key in _LEFT_OUT or key.endswith(("-button", "-arrow", "-sign")):
        return False
    return not (_CLOCK.search(key) and concept.group == "place") and not _COMBINATION.search(key)
