"""A1111's requests about pictures that the caller sends: enlarge them, and tell how they were painted."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field

from allaprima.server import a1111_shapes as shapes
from allaprima.server import sizes, uploads
from allaprima.server.a1111_route import WRONG, Route
from allaprima.studio import operations
from allaprima.studio.operations.pictures import LARGEST as PAINTED
from allaprima.studio.studio import Enlarger, Studio

LARGEST = 4096  # pixels of an enlarged picture's side; beyond `PAINTED` by Lanczos
PLAIN = ("Lanczos", "Nearest")  # upscalers that are what their names say; any other name is the model's own

router = APIRouter(prefix="/sdapi/v1", tags=["a1111"], route_class=Route, responses=WRONG)


def taken(text: str) -> bytes:
    """A picture that came as base64, looked at before anything else is done with it. Raises UserError."""
    data = uploads.from_base64(text, "The image")
    uploads.opened(data, "The image")
    return data


class Sent(BaseModel):
    """A picture as base64, with or without `data:image/...;base64,` before it."""

    model_config = ConfigDict(extra="ignore")

    image: str = ""


class Extra(BaseModel):
    """How a picture is to be enlarged."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    resize_mode: int = Field(0, ge=0, le=1, description="0: `upscaling_resize` times as large, 1: to width and height")
    upscaling_resize: float = Field(2.0, gt=0.0, le=16.0)
    upscaling_resize_w: int = Field(512, ge=1, le=sizes.MOST_ASKED_SIDE)
    upscaling_resize_h: int = Field(512, ge=1, le=sizes.MOST_ASKED_SIDE)
    upscaling_crop: bool = True
    upscaler_1: str = "None"


class ExtraOne(Extra):
    """The body of `extra-single-image`."""

    image: str = ""


class Named(BaseModel):
    """One picture of many."""

    data: str
    name: str = ""


class ExtraMany(Extra):
    """The body of `extra-batch-images`."""

    imageList: list[Named] = Field([], max_length=16)


@router.post("/extra-single-image")
async def extra_one(wish: ExtraOne, request: Request) -> dict[str, Any]:
    """Enlarge a picture."""
    studio: Studio = request.app.state.studio
    image = await studio.in_thread(_enlarged, studio.painter.enlarger, wish.image, wish)
    return {"html_info": "", "image": image}


@router.post("/extra-batch-images")
async def extra_many(wish: ExtraMany, request: Request) -> dict[str, Any]:
    """Enlarge pictures."""
    studio: Studio = request.app.state.studio
    enlarger = studio.painter.enlarger
    images = [await studio.in_thread(_enlarged, enlarger, each.data, wish) for each in wish.imageList]
    return {"html_info": "", "images": images}


def _enlarged(enlarger: Enlarger, text: str, wish: Extra) -> str:
    image = uploads.opened(uploads.from_base64(text, "The image"), "The image")
    if wish.resize_mode == 1:
        size = (wish.upscaling_resize_w, wish.upscaling_resize_h)
    else:
        size = (round(image.width * wish.upscaling_resize), round(image.height * wish.upscaling_resize))
    scale = min(1.0, LARGEST / max(size))
    size = (max(round(size[0] * scale), 1), max(round(size[1] * scale), 1))
    if wish.upscaler_1 not in PLAIN:
        image = _learned(enlarger, image, size)
    way = Image.Resampling.NEAREST if wish.upscaler_1 == "Nearest" else Image.Resampling.LANCZOS
    crops = wish.resize_mode == 1 and wish.upscaling_crop
    made = ImageOps.fit(image, size, way) if crops else image.resize(size, way)
    out = io.BytesIO()
    made.save(out, "PNG", compress_level=1)
    return base64.b64encode(out.getvalue()).decode("ascii")


def _learned(enlarger: Enlarger, image: Image.Image, size: sizes.Size) -> Image.Image:
    """The picture in its own shape, large enough to cover `size`, or as large as the network is asked to make it."""
    longer = max(image.size)
    scale = min(max(size[0] / image.width, size[1] / image.height), max(PAINTED / longer, 1.0))
    around = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    if scale <= 1.0 or enlarger.double is None:
        return image
    return Image.fromarray(enlarger.fitted(np.asarray(image), around))


@router.post("/png-info")
async def png_info(wish: Sent, request: Request) -> dict[str, Any]:
    """What a picture says of how it was painted."""
    texts = await request.app.state.studio.in_thread(_texts, wish.image)
    text = texts.get(shapes.FORMAT_KEY, "")
    return {"info": text, "items": texts, "parameters": shapes.read_infotext(text) if text else {}}


def _texts(text: str) -> dict[str, str]:
    data = uploads.from_base64(text, "The image")
    uploads.opened(data, "The image")
    with Image.open(io.BytesIO(data), formats=uploads.FORMATS) as image:
        image.load()
        found = {key: value for key, value in image.info.items() if isinstance(key, str) and isinstance(value, str)}
    return found


@router.post("/interrogate")
async def interrogate(wish: Sent, request: Request) -> dict[str, str]:
    """What a picture shows: the words it was painted from, or for others a description by colours and outlines."""
    studio: Studio = request.app.state.studio
    picture = await studio.in_thread(lambda: operations.from_bytes(taken(wish.image)))
    if picture.recipe.get("prompt"):
        return {"caption": str(picture.recipe["prompt"])}
    description = await studio.in_thread(operations.describe, studio.painter.library, picture.pixels)
    return {"caption": description.prompts[0]}
