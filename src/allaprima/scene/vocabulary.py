"""The words of a scene: colours, counts, styles, sceneries, times of day, weathers, relations, sizes.

Pure data, shared by the captions (which speak it) and the engine (which reads prompts with it). Every table
goes from a fixed name to the words people type for it, the plainest first. It knows nothing of grammar,
pictures or probabilities: those live in captions, compositor and layout.
"""

from __future__ import annotations

# --- colours --------------------------------------------------------------------------------------

COLOURS: dict[str, tuple[str, ...]] = {
    "red": ("red", "crimson", "scarlet"),
    "orange": ("orange",),
    "yellow": ("yellow", "golden"),
    "green": ("green", "emerald"),
    "turquoise": ("turquoise", "teal", "cyan"),
    "blue": ("blue",),
    "purple": ("purple", "violet"),
    "pink": ("pink", "rose"),
    "brown": ("brown",),
    "beige": ("beige", "cream"),
    "black": ("black",),
    "grey": ("grey", "gray"),
    "white": ("white",),
}

# Typical sRGB of each colour: where recolouring aims, and what a prompt's colour word stands for.
COLOUR_RGB: dict[str, tuple[int, int, int]] = {
    "red": (221, 46, 54),
    "orange": (247, 139, 38),
    "yellow": (252, 211, 60),
    "green": (67, 168, 71),
    "turquoise": (38, 186, 186),
    "blue": (52, 117, 222),
    "purple": (139, 84, 196),
    "pink": (242, 110, 168),
    "brown": (130, 82, 48),
    "beige": (236, 211, 172),
    "black": (28, 28, 32),
    "grey": (140, 143, 150),
    "white": (245, 246, 248),
}

# --- how many, how large, where -------------------------------------------------------------------

COUNTS: dict[int, tuple[str, ...]] = {
    1: ("one", "a single", "1"),
    2: ("two", "a pair of", "2", "a couple of"),
    3: ("three", "3", "a trio of"),
    4: ("four", "4"),
}

SIZES: dict[str, tuple[str, ...]] = {
    "small": ("small", "little", "tiny"),
    "medium": ("medium-sized",),
    "large": ("large", "big", "huge"),
}

RELATIONS: dict[str, tuple[str, ...]] = {
    "left of": ("to the left of", "left of", "on the left of", "on the left side of"),
    "right of": ("to the right of", "right of", "on the right of", "on the right side of"),
    "above": ("above", "over", "hovering above", "floating over"),
    "below": ("below", "under", "beneath", "underneath"),
    "next to": ("next to", "beside", "by", "near", "and", "alongside"),
    "on top of": ("on top of", "on", "sitting on", "standing on"),
}

# --- styles of drawings ---------------------------------------------------------------------------

# Keys are the corpus's style names. Words are tags as they are typed after a comma; the captions build
# "a <tag> of ..." and "... in <tag> style" from the same words.
STYLES: dict[str, tuple[str, ...]] = {
    "noto": ("noto style", "soft cartoon", "cartoon illustration", "soft cartoon emoji"),
    "blob": ("blob style", "blob emoji", "cute blob cartoon"),
    "flat": ("flat vector illustration", "flat design", "flat colors", "flat illustration"),
    "gradient": ("gradient illustration", "smooth gradients", "fluent style", "soft gradient illustration"),
    "3d": ("3d render", "3d", "3d illustration", "glossy 3d render", "rendered in 3d"),
    "twemoji": ("simple flat emoji", "twemoji style", "twitter emoji", "minimal flat cartoon"),
    "emojione": ("glossy cartoon", "glossy emoji", "emojione style"),
    "fx": ("fx emoji", "fx style", "playful flat cartoon"),
    "line": ("line art", "outline drawing", "line drawing", "outlined emoji"),
    "hand-drawn": ("hand-drawn", "hand drawn sketch", "freehand drawing", "doodle"),
    "pixel art": ("pixel art", "8-bit", "pixelated", "retro pixel art"),
    "icon": ("icon", "flat icon", "app icon"),
    "weather icon": ("weather icon", "weather symbol"),
    "silhouette": ("silhouette", "stencil", "solid silhouette"),
    "clipart": ("clipart", "clip art", "vector clipart"),
}

# The word put directly before an object: "a pixel art cat next to a 3d dog".
STYLE_ADJECTIVES: dict[str, str] = {
    "noto": "soft cartoon",
    "blob": "blob",
    "flat": "flat vector",
    "gradient": "gradient",
    "3d": "3d",
    "twemoji": "simple flat",
    "emojione": "glossy cartoon",
    "fx": "fx",
    "line": "line art",
    "hand-drawn": "hand-drawn",
    "pixel art": "pixel art",
    "icon": "icon-like",
    "weather icon": "weather icon",
    "silhouette": "silhouette",
    "clipart": "clipart",
}

# --- looks of painted scenery ---------------------------------------------------------------------

LOOKS: dict[str, tuple[str, ...]] = {
    "flat": ("flat design", "minimal flat illustration", "flat vector landscape", "flat colors"),
    "gradient": ("smooth gradients", "soft gradient illustration", "vector wallpaper", "smooth digital art"),
    "painterly": ("oil painting", "painterly", "digital painting", "impressionist painting"),
    "watercolor": ("watercolor", "watercolor painting", "watercolour", "soft watercolor look"),
    "pixel": ("pixel art", "8-bit", "pixelated", "retro game background"),
    "ink": ("ink drawing", "ink wash", "pen and ink", "ink sketch"),
}

# Said of the look when the objects in front are in a style of their own.
LOOK_BACKGROUNDS: dict[str, tuple[str, ...]] = {
    "flat": ("flat background", "flat design background"),
    "gradient": ("smooth gradient background", "soft gradient background"),
    "painterly": ("painted background", "oil painting background", "painterly background"),
    "watercolor": ("watercolor background", "watercolour background"),
    "pixel": ("pixel art background", "pixelated background"),
    "ink": ("ink drawing background", "ink wash background"),
}

# --- sceneries ------------------------------------------------------------------------------------

# What people call the scenery: bare nouns to be recognised in a prompt, and to be spoken after an article.
SCENERIES: dict[str, tuple[str, ...]] = {
    "ocean": ("ocean", "sea", "open sea", "waves"),
    "beach": ("beach", "sandy beach", "seaside", "shore", "coast"),
    "lake": ("lake", "pond", "still lake"),
    "river": ("river", "stream", "creek"),
    "field": ("field", "green field", "grass field", "farmland", "grassland"),
    "meadow": ("meadow", "flower meadow", "wildflower field", "field of flowers"),
    "hills": ("hills", "rolling hills", "green hills", "countryside", "valley"),
    "mountains": ("mountains", "mountain range", "mountain landscape", "peaks", "alps"),
    "forest": ("forest", "woods", "woodland", "pine forest", "trees", "jungle"),
    "desert": ("desert", "sand dunes", "dunes", "sandy desert"),
    "snow": ("snow", "snowy landscape", "winter landscape", "snow field", "tundra"),
    "city": ("city", "city skyline", "skyline", "town", "cityscape", "skyscrapers"),
    "space": ("space", "outer space", "galaxy", "cosmos", "stars and planets"),
    "underwater": ("under the sea", "underwater", "ocean floor", "coral reef", "deep sea"),
    "sky": ("sky", "clouds", "open sky"),
    "island": ("island", "tropical island", "desert island", "palm island"),
    "waterfall": ("waterfall", "waterfalls", "cascade"),
    "volcano": ("volcano", "erupting volcano", "lava mountain"),
    "garden": ("garden", "flower garden", "park", "backyard"),
    "road": ("road", "country road", "path", "highway", "street"),
    "room": ("room", "living room", "cozy room", "bedroom", "interior"),
    "plain": ("plain background", "solid background", "simple background", "blank background"),
    "pattern": ("patterned background", "pattern", "geometric background", "decorative background"),
}

# Where an object is: said after it, "a cat <place>".
PLACES: dict[str, tuple[str, ...]] = {
    "ocean": ("on the ocean", "in the sea", "at sea", "over the waves", "in the ocean"),
    "beach": ("on a beach", "at the beach", "on the sand", "on a sandy beach", "by the sea"),
    "lake": ("by a lake", "on a lake", "at the lake", "beside a calm lake"),
    "river": ("by a river", "by the river", "beside a stream", "near a river"),
    "field": ("in a field", "in a green field", "on the grass", "in a grassy field"),
    "meadow": ("in a meadow", "in a flower meadow", "among wildflowers", "in a field of flowers"),
    "hills": ("on a hill", "in the hills", "on rolling hills", "in the countryside"),
    "mountains": ("in the mountains", "in front of mountains", "with mountains behind", "below the peaks"),
    "forest": ("in a forest", "in the woods", "in the forest", "among the trees"),
    "desert": ("in the desert", "in a desert", "on a sand dune", "among sand dunes"),
    "snow": ("in the snow", "in a snowy landscape", "on the snow", "in a winter landscape"),
    "city": ("in a city", "in the city", "in front of a city skyline", "in town"),
    "space": ("in space", "in outer space", "among the stars", "floating in space"),
    "underwater": ("under the sea", "underwater", "at the bottom of the sea", "in a coral reef"),
    "sky": ("in the sky", "among the clouds", "flying in the sky", "up in the clouds"),
    "island": ("on an island", "on a tropical island", "on a desert island", "near an island"),
    "waterfall": ("by a waterfall", "in front of a waterfall", "near a waterfall"),
    "volcano": ("in front of a volcano", "near a volcano", "by a volcano"),
    "garden": ("in a garden", "in the garden", "in a flower garden", "in a park"),
    "road": ("on a road", "on the road", "by the road", "on a country road"),
    "room": ("in a room", "indoors", "in a living room", "inside a cozy room"),
    "plain": ("on a plain background", "on a simple background", "on a solid background"),
    "pattern": ("on a patterned background", "on a decorative background", "in front of a pattern"),
}

# The same scenery spoken for itself: "<adjectives> <view>". Plural views take no article.
VIEWS: dict[str, tuple[str, ...]] = {
    "ocean": ("ocean", "sea", "ocean view", "seascape"),
    "beach": ("beach", "sandy beach", "seaside", "shore"),
    "lake": ("lake", "mountain lake", "lake view"),
    "river": ("river", "winding river", "river landscape"),
    "field": ("green field", "field", "grassy field", "field of grass"),
    "meadow": ("meadow", "flower meadow", "field of wildflowers", "meadow full of flowers"),
    "hills": ("hills", "rolling hills", "green hills", "countryside with hills"),
    "mountains": ("mountains", "mountain range", "mountain landscape", "mountain peaks"),
    "forest": ("forest", "woods", "forest with tall trees", "pine forest"),
    "desert": ("desert", "sand dunes", "desert landscape", "sandy desert"),
    "snow": ("snowy landscape", "winter landscape", "snow-covered field", "winter scene"),
    "city": ("city skyline", "city", "cityscape", "city with tall buildings"),
    "space": ("outer space", "galaxy", "starry space scene", "space with stars and planets"),
    "underwater": ("underwater scene", "coral reef", "ocean floor", "underwater world"),
    "sky": ("sky", "sky full of clouds", "cloudscape", "open sky"),
    "island": ("tropical island", "island", "island in the sea", "desert island"),
    "waterfall": ("waterfall", "waterfall in the wild", "waterfall landscape"),
    "volcano": ("volcano", "volcano landscape", "volcano on the horizon"),
    "garden": ("garden", "flower garden", "park", "garden full of flowers"),
    "road": ("road", "country road", "winding road", "road to the horizon"),
    "room": ("room", "living room", "interior", "room with a window"),
    "plain": ("plain background", "solid background", "blank background"),
    "pattern": ("pattern", "geometric pattern", "decorative pattern", "patterned background"),
}

# Adjectives that are true of the scenery whatever the hour and weather.
VIEW_ADJECTIVES: dict[str, tuple[str, ...]] = {
    "ocean": ("vast", "wide", "endless", "deep", "beautiful"),
    "beach": ("tropical", "wide", "sandy", "beautiful"),
    "lake": ("clear", "wide", "beautiful", "quiet"),
    "river": ("winding", "wide", "beautiful"),
    "field": ("large", "vast", "wide", "large open", "beautiful", "big"),
    "meadow": ("colorful", "blooming", "lush", "beautiful", "large"),
    "hills": ("rolling", "green", "lush", "beautiful"),
    "mountains": ("majestic", "tall", "rugged", "distant", "beautiful", "high"),
    "forest": ("dense", "deep", "green", "lush", "beautiful"),
    "desert": ("vast", "dry", "hot", "endless", "sandy"),
    "snow": ("white", "cold", "frosty", "wide", "beautiful"),
    "city": ("modern", "large", "busy", "big", "beautiful"),
    "space": ("deep", "vast", "colorful", "mysterious", "beautiful"),
    "underwater": ("deep blue", "colorful", "mysterious", "beautiful"),
    "sky": ("vast", "wide", "endless", "beautiful"),
    "island": ("small", "lonely", "lush", "beautiful"),
    "waterfall": ("tall", "powerful", "beautiful", "majestic"),
    "volcano": ("huge", "fiery", "tall", "dramatic"),
    "garden": ("colorful", "blooming", "lovely", "lush", "beautiful"),
    "road": ("long", "empty", "winding", "straight"),
    "room": ("cozy", "tidy", "warm", "quiet"),
    "plain": ("simple", "clean", "minimal"),
    "pattern": ("colorful", "decorative", "abstract", "geometric"),
}

# --- time of day ----------------------------------------------------------------------------------

TIMES: dict[str, tuple[str, ...]] = {
    "day": ("day", "daytime", "daylight", "noon", "midday", "sunny"),
    "sunrise": ("sunrise", "dawn", "early morning", "morning"),
    "sunset": ("sunset", "golden hour", "evening sun", "sundown"),
    "dusk": ("dusk", "twilight", "blue hour", "nightfall"),
    "night": ("night", "nighttime", "midnight", "moonlight", "starry night", "starry"),
}

TIME_PHRASES: dict[str, tuple[str, ...]] = {
    "day": ("during the day", "by day", "in daylight", "in the daytime"),
    "sunrise": ("at sunrise", "at dawn", "in the early morning", "in the morning light"),
    "sunset": ("at sunset", "at golden hour", "in the evening sun", "during sunset"),
    "dusk": ("at dusk", "at twilight", "in the blue hour", "at nightfall"),
    "night": ("at night", "by night", "in the moonlight", "at midnight"),
}

# The clear sky of each hour, and the sky of each weather (which hides the hour's).
TIME_SKIES: dict[str, tuple[str, ...]] = {
    "day": ("with a blue sky", "under a blue sky", "under a clear blue sky", "under a sunny sky"),
    "sunrise": ("under a pink morning sky", "under a glowing sunrise sky", "with the rising sun"),
    "sunset": ("under an orange sky", "under a glowing sky", "with the setting sun", "under a golden sky"),
    "dusk": ("under a purple dusk sky", "under a twilight sky", "under a dim evening sky"),
    "night": ("under a starry night sky", "under the stars", "under a night sky", "under a dark starry sky"),
}

# --- weather --------------------------------------------------------------------------------------

WEATHERS: dict[str, tuple[str, ...]] = {
    "clear": ("clear", "clear sky", "cloudless", "fair weather"),
    "cloudy": ("cloudy", "clouds", "overcast", "grey sky"),
    "rainy": ("rainy", "rain", "raining", "drizzle", "shower"),
    "snowy": ("snowy", "snowing", "snowfall", "falling snow"),
    "foggy": ("foggy", "fog", "mist", "misty", "haze"),
    "stormy": ("stormy", "storm", "thunderstorm", "lightning"),
    "rainbow": ("rainbow",),
}

WEATHER_PHRASES: dict[str, tuple[str, ...]] = {
    "clear": ("in clear weather", "on a clear day"),
    "cloudy": ("under a cloudy sky", "with clouds", "on a cloudy day", "under clouds"),
    "rainy": ("in the rain", "on a rainy day", "while it rains", "with falling rain"),
    "snowy": ("in falling snow", "while it snows", "with snow falling", "in a snowfall"),
    "foggy": ("in the fog", "in the mist", "on a foggy day", "with fog"),
    "stormy": ("in a storm", "in a thunderstorm", "under a stormy sky", "with lightning"),
    "rainbow": ("with a rainbow", "under a rainbow", "with a rainbow in the sky"),
}

WEATHER_ADJECTIVES: dict[str, tuple[str, ...]] = {
    "clear": ("serene", "calm", "peaceful", "tranquil", "quiet"),
    "cloudy": ("cloudy", "overcast"),
    "rainy": ("rainy", "wet"),
    "snowy": ("snowy", "wintry"),
    "foggy": ("foggy", "misty", "hazy"),
    "stormy": ("stormy", "dramatic", "thundery"),
    "rainbow": ("peaceful", "cheerful", "lovely"),
}
