"""English nouns for the captions: articles, plurals, and names with their colour words exchanged.

Small tables and rules for the names drawings have. It knows nothing of scenes.
"""

from __future__ import annotations

from allaprima.scene.vocabulary import COLOURS


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_IRREGULAR = {
    "man": "men",
    "woman": "women",
    "person": "people",
    "child": "children",
    "mouse": "mice",
    "goose": "geese",
    "ox": "oxen",
    "wolf": "wolves",
    "leaf": "leaves",
    "knife": "knives",
    "loaf": "loaves",
    "shelf": "shelves",
    "scarf": "scarves",
    "elf": "elves",
    "calf": "calves",
    "tooth": "teeth",
    "foot": "feet",
    "die": "dice",
    "cactus": "cacti",
    "policeman": "policemen",
    "snowman": "snowmen",
    "fisherman": "fishermen",
    "half": "halves",
    "fireman": "firemen",
    "policewoman": "policewomen",
    "mailman": "mailmen",
    "thief": "thieves",
    "workman": "workmen",
    "caveman": "cavemen",
    "wife": "wives",
    "life": "lives",
    "hoof": "hooves",
}
_UNCHANGED = _set_of("""
sheep fish deer bison shrimp squid salmon moose spaghetti sushi aircraft spacecraft swordfish jellyfish
starfish blowfish goldfish shellfish tropical-fish boar trout tuna tempura
""")
_WITHOUT_ARTICLE = _set_of("""
bread rice popcorn fire water snow butter cheese honey milk money lightning bacon hair salt sushi pasta
spaghetti ice fog rain wind smoke steam sand lava grass ginger garlic meat beef pork chocolate tea juice
corn soap wood music art luggage ivy jam broccoli dynamite confetti seaweed sake falafel
""")
_ENDING_IN_S = _set_of("""
bus octopus cactus walrus hippopotamus hibiscus lotus virus compass glass cross dress boss mattress
abacus tennis axis iris asparagus brass grass moss princess waitress actress lioness tigress fortress
atlas canvas gas lens swiss kiss mess chess bass witness business genius stylus platypus papyrus circus
crocus campus cyclops triceratops tyrannosaurus stegosaurus brontosaurus diplodocus pegasus cerberus
necklace christmas mess harness eucalyptus apparatus sarcophagus discus focus minus plus hercules
albatross ibis trellis rhinoceros kudos pancreas
""")
_O_TO_OES = _set_of("potato tomato volcano mango mosquito tornado buffalo hero echo")
_LINKS = _set_of("""
with of in on at and behind without for over holding wearing throwing blowing from under between riding
by to playing making covering screaming during as inside out against
fluttering tilted pointed facing taking
""")


_PEOPLE = _set_of("man woman person boy girl people men women baby child")

# What emoji call by a state or an activity, and people by the thing they see.
_SPOKEN = {
    "unlocked": "open padlock",
    "locked": "padlock",
    "locked with key": "padlock with key",
    "locked with pen": "padlock with pen",
    "foggy": "foggy bridge",
    "hourglass done": "hourglass",
    "hourglass not done": "hourglass with flowing sand",
    "radioactive": "radioactive sign",
    "biohazard": "biohazard sign",
    "warning": "warning sign",
    "children crossing": "children crossing sign",
    "no entry": "no entry sign",
    "cooking": "frying pan with egg",
    "thread": "spool of thread",
    "yarn": "ball of yarn",
    "mate": "cup of mate",
    "wood": "log",
    "rolling on the floor laughing": "laughing face rolling on the floor",
    "camping": "tent",
    "performing arts": "theater masks",
    "speaker low volume": "loudspeaker",
    "speaker medium volume": "loudspeaker",
    "speaker high volume": "loudspeaker",
    "muted speaker": "muted loudspeaker",
    "construction": "construction barrier",
    "collision": "explosion",
    "high voltage": "lightning bolt",
    "dizzy": "dizzy star",
    "ice hockey": "hockey stick",
    "field hockey": "field hockey stick",
    "american football": "football",
    "adhesive bandage": "bandage",
    "wrapped gift": "gift box",
    "wine glass": "glass of wine",
    "bowling": "bowling pins",
    "pool 8 ball": "billiard ball",
    "direct hit": "dart target",
    "game die": "die",
    "tennis": "tennis ball",
    "badminton": "badminton racket",
    "ping pong": "ping pong paddle",
    "cricket game": "cricket bat",
    "lacrosse": "lacrosse stick",
    "flag in hole": "golf flag",
    "soft ice cream": "ice cream cone",
    "water wave": "wave",
    "globe showing americas": "globe",
    "globe showing europe-africa": "earth globe",
    "globe showing asia-australia": "globe",
    "droplet": "water droplet",
    "dashing away": "puff of wind",
    "pistol": "water pistol",
    "desktop computer": "computer",
    "kick scooter": "scooter",
    "automobile": "car",
    "oncoming automobile": "car from the front",
    "sport utility vehicle": "jeep",
    "delivery truck": "truck",
    "articulated lorry": "lorry",
    "national park": "park landscape",
    "selfie": "hand taking a selfie",
    "airplane arrival": "landing airplane",
    "airplane departure": "airplane taking off",
    "man in steamy room": "man in a steamy room",
    "woman in steamy room": "woman in a steamy room",
    "person in steamy room": "person in a steamy room",
    "person with veil": "bride",
    "woman with veil": "bride in a veil",
    "man with veil": "man in a veil",
    "person biking": "cyclist",
}


def spoken(name: str) -> str:
    """What to call a drawing in a sentence, lower case: "unlocked" -> "open padlock", "woman with bald" ->
    "bald woman".
    """
    low = name.lower()
    if low.endswith(" with bald"):
        return f"bald {low[: -len(' with bald')]}"
    return _SPOKEN.get(low, low)


def head_of(name: str) -> int:
    """Which word of the name is its noun: "face with tears" -> 0, "red apple" -> 1."""
    words = name.lower().split()
    for place, word in enumerate(words):
        acting = word.endswith("ing") and words[place - 1] in _PEOPLE
        if place and (acting or word.strip(",") in _LINKS):
            return place - 1
    return len(words) - 1


def is_plural(name: str) -> bool:
    """Whether the name is already a plural ("grapes", "chopsticks"), so takes no article and no s."""
    word = name.lower().split()[head_of(name)]
    return (
        len(word) > 3
        and word.endswith("s")
        and word not in _ENDING_IN_S
        and not word.endswith(("ss", "us", "'s"))
    ) or word in {"people", "men", "women", "children", "dice"}


_A_DESPITE_VOWEL = ("uni", "use", "eu", "ewe", "one", "ufo", "usb", "ute")
_AN_DESPITE_CONSONANT = ("hour", "honest", "8-bit", "8 bit", "x-ray", "atm", "sos", "fx ", "hdmi", "led ")


def article(phrase: str) -> str:
    """The phrase after a or an."""
    first = phrase.lower().lstrip("\"'")
    sounds = first.startswith(tuple("aeiou")) and not first.startswith(_A_DESPITE_VOWEL)
    return f"{'an' if sounds or first.startswith(_AN_DESPITE_CONSONANT) else 'a'} {phrase}"


def singular(name: str, adjectives: str = "") -> str:
    """The name as one thing: "a red apple", "an owl", "grapes", "bread"."""
    phrase = f"{adjectives} {name}".strip()
    return phrase if is_plural(name) or is_mass(name) or is_pair(name) else article(phrase)


def plural(name: str) -> str:
    """The name as several: "apples", "faces with tears of joy", "men", "pieces of bread"."""
    if is_mass(name):
        return f"pieces of {name}"
    words = name.split()
    place = head_of(name)
    words[place] = _plural_word(words[place])
    if is_pair(name) and " and " in name:
        words[-1] = _plural_word(words[-1])
    return " ".join(words)


def is_mass(name: str) -> bool:
    """Whether the name is a substance, not a thing one counts ("bread")."""
    return name.lower().split()[head_of(name)] in _WITHOUT_ARTICLE


def is_pair(name: str) -> bool:
    """Whether the name is two things said together ("hammer and wrench")."""
    return " and " in name.split(" with ")[0]


def _plural_word(word: str) -> str:
    low = word.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if low in _UNCHANGED or is_plural(low):
        return word
    if low.endswith(("s", "x", "z", "ch", "sh")) or low in _O_TO_OES:
        return f"{word}es"
    if low.endswith("y") and low[-2:-1] not in set("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}s"


_COLOUR_WORDS = frozenset(word for words in COLOURS.values() for word in words)


def colour_in(name: str) -> str | None:
    """The colour name that the drawing's own name says ("red apple"), None when it says none."""
    for word in name.lower().replace("-", " ").split():
        for colour, words in COLOURS.items():
            if word in words:
                return colour
    return None


def without_colour(name: str) -> str:
    """The name without its colour words: "red apple" -> "apple"; a name of nothing else is kept."""
    kept = [word for word in name.split() if word.lower() not in _COLOUR_WORDS]
    return " ".join(kept) or name
