"""The shapes of AUTOMATIC1111's API: requests, `info`, infotexts, and what PNG files carry. Nothing is painted here."""

from __future__ import annotations

import json
import re
import struct
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from allaprima.errors import UserError
from allaprima.server import sizes
from allaprima.studio.studio import Picture

MOST = 16
USUAL_CFG = 7.0
FORMAT_KEY = "parameters"
# <lora:name:0.8> and the like: networks that are not here.
_NETWORKS = re.compile(r"<(?:lora|lyco|hypernet):[^<>]*>", re.IGNORECASE)

# The two solvers that there are, by the names under which others know them; the first is the one that is answered.
SAMPLERS: dict[str, tuple[str, ...]] = {
    "Euler": ("euler", "Euler a", "Heun", "LMS", "DPM2", "DPM2 a", "DPM fast", "DPM adaptive", "Restart", "DDIM",
              "DDIM CFG++", "PLMS", "LCM", "k_euler", "k_euler_a"),
    "DPM++ 2M": ("multistep", "DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 2S a", "DPM++ SDE", "DPM++ 3M SDE", "UniPC",
                 "DPM++ 2M a", "k_dpmpp_2m"),
}  # fmt: skip
SOLVERS = {"Euler": "euler", "DPM++ 2M": "multistep"}
LONGEST_FACTS = 10_000
_FACT = re.compile(r'\s*(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_SCHEDULE = re.compile(
    r"\s+(karras|exponential|polyexponential|sgm uniform|normal|simple|beta|uniform|turbo|automatic)$", re.IGNORECASE
)
SCHEDULERS = ("Automatic", "Uniform", "Karras", "Exponential", "Polyexponential", "SGM Uniform", "Normal", "Simple")


class TextToImage(BaseModel):
    """The body of `txt2img`. Every field may be left out or null, and unknown ones are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    prompt: str = Field("", max_length=32000)
    negative_prompt: str = Field("", max_length=32000)
    styles: list[str] = Field([], max_length=50)
    seed: int = Field(-1, ge=-(2**63), le=2**63 - 1)
    subseed: int = -1
    subseed_strength: float = 0.0
    sampler_name: str | None = Field(None, max_length=100)
    sampler_index: str | None = Field(None, max_length=100)
    scheduler: str | None = Field(None, max_length=100)
    batch_size: int = Field(1, ge=1, le=MOST)
    n_iter: int = Field(1, ge=1, le=MOST)
    steps: int = Field(20, ge=1, le=sizes.MOST_ASKED_STEPS)
    cfg_scale: float = Field(USUAL_CFG, ge=0.0, le=100.0)
    width: int = Field(512, ge=1, le=sizes.MOST_ASKED_SIDE)
    height: int = Field(512, ge=1, le=sizes.MOST_ASKED_SIDE)
    restore_faces: bool = False
    tiling: bool = False
    denoising_strength: float | None = Field(None, ge=0.0, le=1.0)
    enable_hr: bool = False
    hr_scale: float = Field(2.0, gt=0.0, le=16.0)
    hr_resize_x: int = Field(0, ge=0, le=sizes.MOST_ASKED_SIDE)
    hr_resize_y: int = Field(0, ge=0, le=sizes.MOST_ASKED_SIDE)
    send_images: bool = True
    save_images: bool = False
    force_task_id: str | None = Field(None, max_length=200)

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, data: Any) -> Any:
        """Nulls count as left out, and whole numbers may come as 20.0 or "20"."""
        if not isinstance(data, Mapping):
            return data
        return {key: value for key, value in data.items() if value is not None}

    @property
    def count(self) -> int:
        """How many pictures. Raises UserError when these are too many."""
        wanted = self.batch_size * self.n_iter
        if wanted > MOST:
            raise UserError(f"batch_size times n_iter may be {MOST} at most, not {wanted}.")
        return wanted

    @property
    def size(self) -> sizes.Size:
        """The size to give out, the second pass of `enable_hr` included. Raises UserError."""
        width, height = self.width, self.height
        if self.enable_hr:
            if self.hr_resize_x or self.hr_resize_y:
                scale = max(self.hr_resize_x / width, self.hr_resize_y / height)
                width = self.hr_resize_x or round(width * scale)
                height = self.hr_resize_y or round(height * scale)
            else:
                width, height = round(width * self.hr_scale), round(height * self.hr_scale)
        return sizes.given_out(min(width, sizes.MOST_ASKED_SIDE), min(height, sizes.MOST_ASKED_SIDE))

    @property
    def chosen_seed(self) -> int | None:
        """The seed that was asked for; None for -1."""
        return None if self.seed < 0 else self.seed


class ImageToImage(TextToImage):
    """The body of `img2img`."""

    init_images: list[str] = Field([], max_length=16)
    denoising_strength: float | None = Field(0.75, ge=0.0, le=1.0)
    mask: str | None = None
    inpainting_mask_invert: int = 0


def error_response(status: int, message: str, more: Mapping[str, Any] | None = None) -> JSONResponse:
    """An error as A1111's clients read it."""
    kind = "UserError" if 400 <= status < 500 else "Error"
    return JSONResponse({"error": kind, "detail": message, "body": "", "errors": message, **(more or {})}, status)


def without_networks(prompt: str) -> tuple[str, list[str]]:
    """The prompt, and the networks that it named, which are not here."""
    return " ".join(_NETWORKS.sub(" ", prompt).split()), _NETWORKS.findall(prompt)


def sampler(*names: str | None) -> str | None:
    """The sampler that is meant by the first name given, as we call it; "" when none is, None when it is unknown."""
    name = next((each for each in names if each), None)
    if name is None:
        return ""
    bare = _SCHEDULE.sub("", name.strip()).lower()
    for known, others in SAMPLERS.items():
        if bare in {each.lower() for each in (known, *others)}:
            return known
    return None


def guidance(cfg_scale: float, own: float) -> float | None:
    """The guidance scale for a `cfg_scale`: 7, which nearly every client sends, stands for the model's own, 1 for
    none, and others lie on the line through both."""
    if cfg_scale == USUAL_CFG:
        return None
    return min(max(1.0 + (own - 1.0) * (cfg_scale - 1.0) / (USUAL_CFG - 1.0), 0.0), 30.0)


def infotext(wish: TextToImage, picture: Picture, model: Mapping[str, str], extra: Mapping[str, Any]) -> str:
    """A picture's parameters as A1111 writes them, so that its readers can."""
    recipe = picture.recipe
    facts = {
        "Steps": recipe.get("stopped_after", recipe.get("steps")),
        "Sampler": next((name for name, solver in SOLVERS.items() if solver == recipe.get("solver")), "Euler"),
        "CFG scale": f"{wish.cfg_scale:g}",
        "Seed": picture.seed,
        "Size": f"{picture.width}x{picture.height}",
        "Model hash": model["sha256"][:10],
        "Model": model["name"],
        **extra,
        "Version": f"allaprima {recipe.get('version', '')}".strip(),
    }
    lines = [str(recipe.get("prompt", wish.prompt))]
    if recipe.get("negative"):
        lines.append(f"Negative prompt: {recipe['negative']}")
    lines.append(", ".join(f"{key}: {_quoted(value)}" for key, value in facts.items()))
    return "\n".join(lines)


def _quoted(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(mark in text for mark in ',:\n"') else text


def info(
    wish: TextToImage,
    pictures: Sequence[Picture],
    infotexts: Sequence[str],
    model: Mapping[str, str],
    extra: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> str:
    """`info`: JSON in a string, never empty, with an infotext for each picture even where there is none."""
    seeds = [picture.seed for picture in pictures] or [max(wish.seed, 0)]
    size = (pictures[0].width, pictures[0].height) if pictures else wish.size
    texts = list(infotexts) or [wish.prompt]
    told = {
        "prompt": wish.prompt,
        "all_prompts": [wish.prompt] * len(seeds),
        "negative_prompt": wish.negative_prompt,
        "all_negative_prompts": [wish.negative_prompt] * len(seeds),
        "seed": seeds[0],
        "all_seeds": seeds,
        "subseed": seeds[0],
        "all_subseeds": seeds,
        "subseed_strength": 0,
        "width": size[0],
        "height": size[1],
        "sampler_name": asked["sampler"],
        "cfg_scale": wish.cfg_scale,
        "steps": asked["steps"],
        "batch_size": wish.batch_size,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": model["name"],
        "sd_model_hash": model["sha256"][:10],
        "sd_vae_name": None,
        "sd_vae_hash": None,
        "seed_resize_from_w": -1,
        "seed_resize_from_h": -1,
        "denoising_strength": wish.denoising_strength,
        "extra_generation_params": dict(extra),
        "index_of_first_image": 0,
        "infotexts": texts,
        "styles": wish.styles,
        "job_timestamp": time.strftime("%Y%m%d%H%M%S"),
        "clip_skip": 1,
        "is_using_inpainting_conditioning": False,
        "version": asked["version"],
        "task_id": asked["task"],
    }
    return json.dumps(told, ensure_ascii=False)


def with_text(png: bytes, text: str, key: str = FORMAT_KEY) -> bytes:
    """A PNG with one more text in it, its pixels and other texts untouched."""
    try:
        kind, body = b"tEXt", key.encode("latin-1") + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        kind, body = b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8", "replace")
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    head = 8 + 25  # the signature and the header's chunk
    return png[:head] + chunk + png[head:]


def read_infotext(text: str) -> dict[str, str]:
    """What an infotext says, by A1111's names: the prompts and the facts of its last line."""
    lines = text.strip().split("\n")
    facts = dict(_facts(lines[-1]))
    body = lines[:-1] if len(facts) >= 3 else lines
    if len(facts) < 3:
        facts = {}
    prompt: list[str] = []
    negative: list[str] = []
    into = prompt
    for line in body:
        if line.startswith("Negative prompt:"):
            into, line = negative, line.removeprefix("Negative prompt:").strip()
        into.append(line)
    size = re.fullmatch(r"(\d+)x(\d+)", facts.get("Size", ""))
    sides = {"Size-1": size[1], "Size-2": size[2]} if size else {}
    return {"Prompt": "\n".join(prompt), "Negative prompt": "\n".join(negative), **facts, **sides}


def _facts(line: str) -> list[tuple[str, str]]:
    found = _FACT.findall(line[:LONGEST_FACTS])
    return [(key.strip(), _unquoted(value.strip())) for key, value in found]


def _unquoted(value: str) -> str:
    try:
        return str(json.loads(value)) if value.startswith('"') else value
    except ValueError:
        return value
