"""Hand-picked colours: skies by time of day, the light they throw, and the ground beneath them.

Pure data and the `Light` that carries one choice of it; draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allaprima.scene.canvas import mix, rgb

Array = NDArray[np.float32]

# Each sky: colours from zenith to horizon; sun (or moon), glow, haze, cloud in light, cloud in shade.
SKIES: dict[str, tuple[tuple[str, ...], ...]] = {
    "day": (
        ("#2a78d2 #5fa8ea #a9d6f5 #d8eef8", "#fff8dc", "#fff0c0", "#c6def0", "#ffffff", "#b9cfe6"),
        ("#1786c4 #52b7e2 #a6e0ee #e6f6ee", "#fffbe6", "#fff3cc", "#cbe8ec", "#ffffff", "#b5d3e0"),
        ("#3f86d6 #80b8ec #c5dff2 #fbf1dc", "#fff4cf", "#ffe7ae", "#dbe4ea", "#fffdf6", "#c4cfe2"),
        ("#3763c4 #6f9be2 #b3cff2 #e4eef8", "#fff9e2", "#fff2cd", "#c9d9f0", "#ffffff", "#b3c3e4"),
        ("#4aa3df #79c3ee #b4e1f7 #eef9f4", "#fffbe0", "#fff4c4", "#d3ecf0", "#ffffff", "#c3dcea"),
    ),
    "sunrise": (
        ("#7fb0dc #b9cbe4 #f3d2cb #ffdcae #ffefc2", "#fff6cf", "#ffd9a0", "#f6d9c4", "#fff0e2", "#d9b7c4"),
        ("#8a9ad6 #cbaed6 #f8bfc0 #ffd2a8 #ffeebf", "#fff4cc", "#ffc9a0", "#f3cfcb", "#ffeadf", "#caa6c6"),
        ("#79bcd6 #bcdcd8 #f7e2c4 #ffd79a #fff2c6", "#fffadb", "#ffe0a0", "#f4e0c6", "#fff7e8", "#d6c3b8"),
        ("#a3a7dd #dcb8d8 #ffc2b4 #ffe0b8 #fff4d6", "#fff8dc", "#ffcfae", "#f6d6d2", "#fff1ea", "#d2b0cd"),
    ),
    "sunset": (
        ("#2e2f73 #7c3d83 #d85a66 #ff8f4a #ffce6b", "#fff0b0", "#ff9a3c", "#f08a5c", "#ffb07a", "#8a4478"),
        ("#45205f #9a3570 #e8574f #ff9a45 #ffd56e", "#ffedaa", "#ff8a3a", "#ee7f55", "#ff9e72", "#742f66"),
        ("#235479 #6e6c92 #d9846e #ffa950 #ffdd82", "#fff3bd", "#ffb347", "#ec9f6c", "#ffcb95", "#75607f"),
        ("#5d2f73 #b8446f #f9705a #ffa45c #ffd98a", "#fff2c0", "#ff9561", "#f58f6e", "#ffb996", "#91417a"),
        ("#7a2a4f #c43f4d #f2693c #ff9b3a #ffd05c", "#ffeaa0", "#ff7f2a", "#ea7a40", "#ffa765", "#7d2b4c"),
    ),
    "dusk": (
        ("#1d2558 #3d4185 #75589b #b9779f #eaa79c", "#fbe6d8", "#d98aa8", "#8a74a4", "#a783b4", "#3c3a72"),
        ("#172a56 #2f4f85 #647bae #a99cbc #e3b8ac", "#fdf0de", "#b0a0c8", "#8291b4", "#98a2c6", "#2e436f"),
        ("#2a1f55 #54357f #8f4f94 #cb7397 #f2a58f", "#ffe8d6", "#e0809c", "#96679a", "#bb7eae", "#432c68"),
    ),
    "night": (
        ("#040a26 #0a1a47 #163264 #2a5082", "#fff6d8", "#8fb4e8", "#24446f", "#34548a", "#0f2148"),
        ("#0a0722 #1a1147 #33266c #54478e", "#fdf3e0", "#a49ae6", "#3c346e", "#4b4488", "#1a1446"),
        ("#02111f #072940 #0f455a #1f6672", "#f4f8e6", "#86d0d4", "#1c515f", "#2a6474", "#082a3c"),
        ("#060b1e #101d40 #1e3360 #3d5078", "#fff3cf", "#a8b8dc", "#2b4066", "#3c5078", "#14203f"),
    ),
}

# What the light does to things by day's own colours: multiply, then lift by a little of the sky.
TINTS: dict[str, tuple[str, float]] = {
    "day": ("#ffffff", 0.0),
    "sunrise": ("#ffdccb", 0.10),
    "sunset": ("#cc8870", 0.10),
    "dusk": ("#6f659a", 0.10),
    "night": ("#33466f", 0.12),
}
DARK: dict[str, float] = {"day": 0.0, "sunrise": 0.1, "sunset": 0.35, "dusk": 0.7, "night": 1.0}

# Ground, by daylight.
GREENS = ("#7fb84a", "#69a84f", "#8cc152", "#5f9e3f", "#74b85c", "#93c24a")
DEEP_GREENS = ("#2f6b46", "#35703a", "#2a5f4f", "#3d7a45", "#28594a")
SANDS = ("#efd29a", "#f2d9a8", "#e8c687", "#f4dfb8", "#eccb93")
DUNES = (("#f0b869", "#b8703c"), ("#f3c67f", "#c2814a"), ("#eda564", "#a85a3a"), ("#f5d39a", "#cf9a62"))
SEAS = (("#2e8fc0", "#0f4c86"), ("#35a7b8", "#0f6a8c"), ("#3f83cf", "#1a4590"), ("#48b5c4", "#17799a"))
ROCKS = (("#8d95ac", "#565f80"), ("#9a928f", "#625a66"), ("#7f93a8", "#465a78"), ("#a3998f", "#6b5f63"))
TRUNKS = ("#6b4a35", "#7a5640", "#5a4034")
FLOWERS = (
    ("#ffffff", "#ffd84d", "#ff7fa6"),
    ("#ff5a5f", "#ffd166", "#ffffff"),
    ("#b388eb", "#f7aef8", "#ffffff"),
    ("#ff9f1c", "#ffe066", "#fff3d6"),
    ("#ef476f", "#f78fb3", "#ffe3ec"),
    ("#6a8cff", "#c3d0ff", "#ffffff"),
)
BUILDINGS = (
    ("#6d7fa6", "#8a95b8", "#56688f", "#a5a9c4"),
    ("#c98d72", "#e0b08c", "#a86f66", "#8f7f8c"),
    ("#7f9aa8", "#a8bcc0", "#5f7d92", "#c8cdc6"),
    ("#e2c3a4", "#c99f86", "#a4828a", "#7d88a8"),
)
WALLS = (
    ("#e9d8c4", "#c79a6c"),
    ("#cfdcd2", "#b98a5e"),
    ("#d9cfe6", "#a77d5c"),
    ("#f3dfb6", "#b5774a"),
    ("#bcd3e2", "#c49a70"),
    ("#efc9bb", "#a9744f"),
    ("#8fb3a5", "#b88452"),
    ("#e6e2da", "#ad8a66"),
)
FABRICS = (
    ("#b5485a", "#f0d9b5", "#3f5d7d"),
    ("#3f7d74", "#f2e3c6", "#d98a4b"),
    ("#4a5f9e", "#f4e6d0", "#d97b6c"),
    ("#d69a3c", "#fff1d6", "#7a4a52"),
    ("#7c5a8c", "#f1e0ea", "#d7a15a"),
    ("#c9706a", "#fbe9dc", "#5f8a7a"),
)
STUDIO = (
    "#f4d9c6",
    "#cfe3ee",
    "#d9e8cf",
    "#f6e3b0",
    "#e5d3ee",
    "#f3c7c9",
    "#bfe0d6",
    "#f1efe9",
    "#ffc98f",
    "#a9c7ee",
    "#f7a8a0",
    "#8fcfc0",
    "#c9b6f0",
    "#ffe07d",
    "#e9e3da",
    "#9db8d9",
)
NEBULAE = (
    ("#7b2ff7", "#f107a3", "#2ad4ff"),
    ("#ff6a3d", "#c23bb5", "#4a4de6"),
    ("#1fd1a5", "#2a6bf2", "#9a4af0"),
    ("#ff4f81", "#ffb15c", "#6a3df0"),
    ("#3fa9f5", "#7be0d6", "#d66bff"),
)
PLANETS = (
    ("#ffb070", "#c4563f"),
    ("#7fd0e8", "#2f5fb0"),
    ("#e8c9a0", "#a0714f"),
    ("#c79bf2", "#5d3fa8"),
    ("#ff8fa0", "#a03a6a"),
    ("#a8e0b0", "#3a8a7a"),
    ("#f5e6b8", "#c9915a"),
)
CORALS = ("#ff6f61", "#ff9a5c", "#f25c8a", "#c56be0", "#ffd166", "#ff8fb0", "#7ad7c0")
LAVA = ("#ffe08a", "#ff9a2e", "#ff5a1f", "#c92a1a")


def shade_of(rng: np.random.Generator, options: tuple[str, ...], spread: float = 0.035) -> Array:
    """One of the given colours, nudged so that no two pictures match."""
    base = rgb(options[int(rng.integers(len(options)))])
    return np.clip(base + rng.normal(0, spread, 3).astype(np.float32), 0, 1)


@dataclass(frozen=True, eq=False)
class Light:
    """The light of one picture: what the sky looks like and what it does to things beneath it.

    stops: float [n,3] zenith to horizon. dark: 0 (day) to 1 (night). snow: how white the land lies.
    fog: how soon things fade. veil: how much cloud hides sun, moon and stars.
    """

    time: str
    stops: Array
    sun: Array
    glow: Array
    haze: Array
    cloud: Array
    shade: Array
    tint: Array
    lift: float
    dark: float
    snow: float = 0.0
    fog: float = 0.0
    veil: float = 0.0

    def on(self, colour: Array, depth: float = 0.0, land: bool = False) -> Array:
        """`colour` as it looks in this light at `depth` (0 near, 1 lost in haze); snow settles on land."""
        if land and self.snow:
            colour = mix(colour, np.array([0.95, 0.97, 1.0], np.float32), self.snow)
        lit = mix(colour * self.tint, self.haze, self.lift)
        return mix(lit, self.haze, min(1.0, depth + self.fog * (0.25 + depth)))

    @property
    def horizon(self) -> Array:
        """The sky's lowest colour."""
        return self.stops[-1]


def light_for(rng: np.random.Generator, time: str, weather: str | None) -> Light:
    """Choose a sky for the time and bend it to the weather."""
    sky = SKIES[time][int(rng.integers(len(SKIES[time])))]
    stops = np.stack([rgb(c) for c in sky[0].split()])
    sun, glow, haze, cloud, shade = (rgb(c) for c in sky[1:])
    tint, lift = TINTS[time]
    light = Light(time, stops, sun, glow, haze, cloud, shade, rgb(tint), lift, DARK[time])
    if weather in (None, "clear", "rainbow"):
        return light
    grey, keep, tint_by, veil, fog, snow = _WEATHER[weather]
    level = float(light.stops.mean())
    cast = rgb(grey) * np.float32(level / 0.62)

    def dull(c: Array) -> Array:
        return np.clip(mix(cast * np.float32(0.4 + 0.6 * c.mean() / max(level, 0.05)), c, keep), 0, 1)

    return replace(
        light,
        stops=np.stack([dull(s) for s in stops]),
        haze=dull(haze),
        cloud=dull(cloud),
        shade=dull(shade),
        tint=light.tint * rgb(tint_by),
        veil=veil,
        fog=fog,
        snow=snow,
        glow=mix(glow, dull(glow), 0.6),
    )


# grey cast, share of the clear sky kept, tint on things, veil, fog, snow
_WEATHER: dict[str, tuple[str, float, str, float, float, float]] = {
    "cloudy": ("#a9b6c6", 0.45, "#e6e8ee", 0.7, 0.05, 0.0),
    "rainy": ("#8296ac", 0.3, "#b9c4d2", 1.0, 0.18, 0.0),
    "snowy": ("#aab9d0", 0.3, "#e6edf8", 0.96, 0.1, 0.72),
    "foggy": ("#c4ccd2", 0.4, "#eceeee", 0.8, 0.55, 0.0),
    "stormy": ("#5a6478", 0.25, "#8890a4", 1.0, 0.12, 0.0),
}
