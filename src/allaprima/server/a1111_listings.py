"""What A1111's API lists: models, samplers, styles, options and the like. Much of it is empty here, and says so.

Thin and without painting; the answers are what clients look for before they let anybody type.
"""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request

from allaprima.errors import UserError
from allaprima.server.a1111_route import WRONG, Route
from allaprima.server.a1111_shapes import SAMPLERS, SCHEDULERS, SOLVERS
from allaprima.studio import own_library
from allaprima.studio.studio import Studio

MOST_OPTIONS = 1000
# What clients look for; taken when they set it, and without effect.
OPTIONS: dict[str, Any] = {
    "samples_format": "png",
    "enable_pnginfo": True,
    "send_seed": True,
    "send_size": True,
    "return_grid": False,
    "live_previews_enable": True,
    "show_progress_every_n_steps": 1,
    "upscaler_for_img2img": "Lanczos",
    "CLIP_stop_at_last_layers": 1,
    "eta_noise_seed_delta": 0,
}
EMPTY = ("sd-vae", "sd-modules", "loras", "hypernetworks", "face-restorers", "realesrgan-models", "script-info",
         "extensions")  # fmt: skip
IDLE = ("refresh-checkpoints", "refresh-vae", "refresh-loras", "refresh-embeddings", "reload-checkpoint",
        "unload-checkpoint")  # fmt: skip

router = APIRouter(prefix="/sdapi/v1", tags=["a1111"], route_class=Route, responses=WRONG)


def title_of(studio: Studio) -> str:
    """The model's title, as checkpoints have it."""
    return f"{studio.model['name']} [{studio.model['sha256'][:10]}]"


def styles_of(studio: Studio) -> dict[str, str]:
    """The model's styles and those of drawings added here, with the words that ask for each. Blocks."""
    styles = getattr(studio.painter.bundle, "styles", {})
    own = {each.style: f"--style {each.style.replace(' ', '-')}" for each in own_library.listed()}
    return {name: (words[0] if words else name) for name, words in styles.items()} | own


@router.get("/options")
async def options(request: Request) -> dict[str, Any]:
    """The options: what the server has, and what the caller set."""
    studio: Studio = request.app.state.studio
    fixed = {"sd_model_checkpoint": title_of(studio), "sd_checkpoint_hash": studio.model["sha256"], "sd_vae": "None"}
    return {**OPTIONS, **_set_by(request), **fixed}


@router.post("/options")
async def set_options(asked: dict[str, Any], request: Request) -> None:
    """Take options; whole sets of them, as clients send back what they got. Only the model must be the one there is."""
    studio: Studio = request.app.state.studio
    wanted = asked.get("sd_model_checkpoint")
    known = {title_of(studio), studio.model["name"], studio.model["sha256"], studio.model["sha256"][:10]}
    if wanted not in (None, "") and (not isinstance(wanted, str) or wanted not in known):
        raise UserError(f"No checkpoint is called {str(wanted)[:100]!r}: there is {title_of(studio)!r}.")
    kept = _set_by(request)
    kept |= {key: value for key, value in asked.items() if len(key) <= 100 and _is_plain(key) and _is_plain(value)}
    for key in list(kept)[:-MOST_OPTIONS]:
        del kept[key]


def _is_plain(value: Any) -> bool:
    """Whether a value can be given back as it is: a truth, a number, or a text that is one."""
    if isinstance(value, str):
        return len(value) <= 1000 and not any("\ud800" <= each <= "\udfff" for each in value)
    return isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))


def _set_by(request: Request) -> dict[str, Any]:
    state = request.app.state
    if not hasattr(state, "a1111_options"):
        state.a1111_options = {}
    found: dict[str, Any] = state.a1111_options.setdefault(request.scope["owner"], {})
    return found


@router.get("/sd-models")
async def models(request: Request) -> list[dict[str, Any]]:
    """The one model."""
    studio: Studio = request.app.state.studio
    sha256, name = studio.model["sha256"], studio.model["name"]
    return [
        {
            "title": title_of(studio), "model_name": name, "hash": sha256[:10], "sha256": sha256, "filename": name,
            "config": None,
        }
    ]  # fmt: skip


@router.get("/samplers")
async def samplers() -> list[dict[str, Any]]:
    """The two samplers, with the names of others that lead to them."""
    return [
        {"name": name, "aliases": list(SAMPLERS[name]), "options": {"solver": solver}}
        for name, solver in SOLVERS.items()
    ]


@router.get("/schedulers")
async def schedulers() -> list[dict[str, Any]]:
    """Names that are taken; the times are the model's own, learned ones."""
    return [
        {"name": name.lower().replace(" ", "_"), "label": name, "aliases": None, "default_rho": -1.0,
         "need_inner_model": False}
        for name in SCHEDULERS
    ]  # fmt: skip


@router.get("/upscalers")
async def upscalers(request: Request) -> list[dict[str, Any]]:
    """Ways to enlarge; the model's own upscaler is `Learned`."""
    own = [] if request.app.state.studio.painter.enlarger.double is None else ["Learned"]
    return [
        {"name": name, "model_name": None, "model_path": None, "model_url": None, "scale": 4.0}
        for name in ("None", *own, "Lanczos", "Nearest")
    ]


@router.get("/latent-upscale-modes")
async def latent_upscale_modes() -> list[dict[str, str]]:
    """Names that are taken; pictures are enlarged by the model's upscaler, or by Lanczos if it has none."""
    return [{"name": "Latent"}]


@router.get("/prompt-styles")
async def prompt_styles(request: Request) -> list[dict[str, str | None]]:
    """The model's styles, and those of drawings added here."""
    studio: Studio = request.app.state.studio
    styles = await studio.in_thread(styles_of, studio)
    return [
        {"name": name, "prompt": f"{{prompt}}{'' if words.startswith('--') else ','} {words}", "negative_prompt": ""}
        for name, words in styles.items()
    ]


@router.get("/cmd-flags")
async def flags() -> dict[str, Any]:
    """Command-line flags: none."""
    return {}


@router.get("/embeddings")
async def embeddings() -> dict[str, dict[str, Any]]:
    """Textual inversions: none."""
    return {"loaded": {}, "skipped": {}}


@router.get("/scripts")
async def scripts() -> dict[str, list[str]]:
    """Scripts: none."""
    return {"txt2img": [], "img2img": []}


@router.get("/memory")
async def memory() -> dict[str, dict[str, Any]]:
    """The machine's memory in bytes; there is no other device."""
    sizes: dict[str, int] = {}
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            key, value = line.split(":")
            sizes[key] = int(value.split()[0]) * 1024
    total, free = sizes.get("MemTotal", 0), sizes.get("MemAvailable", 0)
    return {"ram": {"free": free, "used": total - free, "total": total}, "cuda": {"error": "not in use"}}


async def none() -> list[Any]:
    """None of these are here."""
    return []


async def nothing_to_do() -> None:
    """Taken, and nothing is to be done."""


for _path in EMPTY:
    router.add_api_route(f"/{_path}", none, methods=["GET"], name=_path)
for _path in IDLE:
    router.add_api_route(f"/{_path}", nothing_to_do, methods=["POST"], name=_path)
