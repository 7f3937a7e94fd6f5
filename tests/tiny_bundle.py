"""A real bundle of a few hundred kilobytes: true ONNX graphs of the fixed names and shapes, weights made by
rule.

It paints blotches, but every part does its work: words move the colours, guidance and hints matter, the
encoder and the decoder undo each other up to blur, and "puppy" lies near "dog". Needs onnx (with
`allaprima[train]`).

    folder = build(tmp_path / "tiny")
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from allaprima.engine.bundle import write_manifest

STYLES = {"flat": (0, 0, 0), "pixel art": (30, 30, 0), "3d": (0, 30, 60), "line": (60, 60, 60)}

STUDENT = {
    "grids": {"1": [1.0, 0.0], "2": [1.0, 0.6, 0.0], "4": [1.0, 0.8, 0.6, 0.3, 0.0]},
    "guidance_scale": 2.5,
    "guidance_interval": [0.0, 0.9],
}

# concept: (name, keywords, colour of its drawing)
CONCEPTS = {
    "fox": ("fox", ("animal",), (226, 110, 40)),
    "dog": ("dog", ("pet", "animal"), (150, 100, 60)),
    "cat": ("cat", ("pet", "animal"), (90, 90, 100)),
    "red-apple": ("red apple", ("fruit", "apple"), (210, 30, 40)),
    "green-apple": ("green apple", ("fruit", "apple"), (120, 190, 60)),
    "house": ("house", ("home", "building"), (200, 160, 110)),
    "tree": ("tree", ("plant",), (50, 130, 60)),
    "bird": ("bird", ("animal",), (60, 120, 220)),
}
# Words that are to mean nearly the same.
SYNONYMS = {"puppy": "dog", "kitten": "cat", "cottage": "house", "hound": "dog"}
OTHER_WORDS = (
    "a an the of in on under with to and red green blue starry night sky sunset ocean field snow space woods "
    "two three four left right next small large style pixel art 3d flat line drawing serene"
)


def build(
    folder: Path, *, name: str = "tiny", student: bool = False, any_shape: bool = False, prior: bool = False
) -> Path:
    """Write the bundle into `folder` and return it, with a few-step student and a prior if asked. The same call
    writes the same bytes.

    `any_shape`: its graphs take latents of any rows and columns, and it lists sizes that are not square.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = _vocabulary()
    _tokenizer(words).save(str(folder / "tokenizer.json"))
    to_latent, to_rgb = _colour_matrices()
    _save(_text_encoder(words), folder / "text_encoder.onnx")
    for graph, model in (("denoiser", _denoiser(to_latent)), ("decoder", _decoder(to_rgb)),
                         ("encoder", _encoder(to_latent))):  # fmt: skip
        _save(_freed(model) if any_shape else model, folder / f"{graph}.onnx")
    _library(folder)
    (folder / "CREDITS.md").write_text("# Credits\n\nEvery drawing here is a circle drawn by rule. CC0.\n")
    if student:
        _save(_denoiser(to_latent, until=True), folder / "student.onnx")
    if prior:
        _save(_prior(to_latent), folder / "prior.onnx")
    write_manifest(folder, {
        "name": name,
        "licence": "Apache-2.0",
        "latent": {"shape": [16, 16, 16]},
        "picture_sizes": [[256, 256], *([[384, 256], [256, 384], [512, 256]] if any_shape else [])],
        "time_grids": {str(n): [1.0 - k / n for k in range(n)] + [0.0] for n in (1, 2, 4, 8, 16, 32)},
        "guidance_scale": 2.5,
        "guidance_interval": [0.0, 0.9],
        "memory": 1.0,
        "preview": {"matrix": to_rgb.T.tolist(), "bias": [0.0, 0.0, 0.0]},
        "styles": {style: [style] for style in STYLES},
        "training": {"scenes": 0},
        **({"student": STUDENT} if student else {}),
        **({"prior": {"styles": list(STYLES)}} if prior else {}),
    })  # fmt: skip
    return folder


def _vocabulary() -> dict[str, int]:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ",", "."]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words += [*letters, *(f"##{letter}" for letter in letters)]
    for phrase in (
        *(name for name, _, _ in CONCEPTS.values()),
        *(w for _, k, _ in CONCEPTS.values() for w in k),
    ):
        words += phrase.split()
    words += [*SYNONYMS, *OTHER_WORDS.split()]
    return {word: index for index, word in enumerate(dict.fromkeys(words))}


def _tokenizer(words: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", words["[CLS]"]), ("[SEP]", words["[SEP]"])]
    )
    return tokenizer


def _meaning(word: str, width: int) -> np.ndarray:
    """A word's vector, by its spelling; a synonym lies close to what it stands for."""
    rng = np.random.default_rng([zlib.crc32(word.encode()), width])
    own = rng.standard_normal(width).astype(np.float32)
    return _meaning(SYNONYMS[word], width) + 0.4 * own if word in SYNONYMS else own


def _table(words: dict[str, int], width: int) -> np.ndarray:
    table = np.stack([_meaning(word, width) for word in words])
    table[:4] = 0.0  # the marks mean nothing
    return table.astype(np.float32)


def _colour_matrices() -> tuple[np.ndarray, np.ndarray]:
    """[16, 3] from RGB to latent and [3, 16] back."""
    to_latent = np.linalg.qr(np.random.default_rng(1).standard_normal((16, 3)))[0] * 2.0
    return to_latent.astype(np.float32), np.linalg.pinv(to_latent).astype(np.float32)


def _constant(name: str, value: np.ndarray) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ascontiguousarray(value), name)


def _input(name: str, *shape: int | str, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["n", *shape])


def _graph(name: str, nodes: list, inputs: list, outputs: list, constants: list) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _save(model: onnx.ModelProto, path: Path) -> None:
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _freed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with rows and columns of any number."""
    for each in (*model.graph.input, *model.graph.output):
        axes = each.type.tensor_type.shape.dim
        if len(axes) == 4:
            names = ("height", "width") if each.name == "picture" else ("rows", "columns")
            axes[2].dim_param, axes[3].dim_param = names
    return model


def _text_encoder(words: dict[str, int]) -> onnx.ModelProto:
    node = helper.make_node
    nodes = [
        node("Gather", ["states_table", "ids"], ["states"]),
        node("Gather", ["vector_table", "ids"], ["each"]),
        node("ReduceSum", ["each", "axis"], ["sum"], keepdims=0),
        node("Add", ["sum", "tiny"], ["safe"]),
        node("LpNormalization", ["safe"], ["vector"], axis=1, p=2),
    ]
    constants = [
        _constant("states_table", _table(words, 256)),
        _constant("vector_table", _table(words, 384)),
        _constant("axis", np.asarray([1], np.int64)),
        _constant("tiny", np.full(384, 1e-4, np.float32)),
    ]
    outputs = [_input("states", 32, 256), _input("vector", 384)]
    return _graph("text_encoder", nodes, [_input("ids", 32, kind=TensorProto.INT64)], outputs, constants)


def _denoiser(to_latent: np.ndarray, *, until: bool = False) -> onnx.ModelProto:
    """clean = tanh(0.5 latent + words' colour + place + hint), with a little of time and region.

    With `until` a student's: it has that input too, and a little of it in what it says.
    """
    node = helper.make_node
    rng = np.random.default_rng(2)
    nodes = [
        node("Unsqueeze", ["text_mask", "last"], ["mask"]),
        node("Mul", ["states", "mask"], ["heard"]),
        node("ReduceMean", ["heard"], ["pooled"], axes=[1], keepdims=0),
        node("MatMul", ["pooled", "words"], ["colour"]),
        node("Unsqueeze", ["colour", "places"], ["wash"]),
        node("Conv", ["hint", "hint_kernel"], ["recalled"]),
        node("Conv", ["region", "region_kernel"], ["kept"]),
        node("Reshape", ["time", "to_map"], ["moment"]),
        node("Mul", ["latent", "half"], ["carried"]),
        node("Add", ["carried", "wash"], ["a"]),
        node("Add", ["a", "recalled"], ["b"]),
        node("Add", ["b", "kept"], ["c"]),
        node("Mul", ["moment", "small"], ["d"]),
        node("Add", ["c", "d"], ["e"]),
        node("Tanh", ["e"], ["clean"]),
    ]
    words = rng.standard_normal((256, 3)).astype(np.float32) @ to_latent.T
    constants = [
        _constant("last", np.asarray([2], np.int64)),
        _constant("places", np.asarray([2, 3], np.int64)),
        _constant("words", words.astype(np.float32)),
        _constant("hint_kernel", np.eye(16, 17, dtype=np.float32)[:, :, None, None]),
        _constant("region_kernel", 0.1 * np.eye(16, 18, dtype=np.float32)[:, :, None, None]),
        _constant("to_map", np.asarray([-1, 1, 1, 1], np.int64)),
        _constant("half", np.float32(0.5).reshape(1)),
        _constant("small", np.float32(0.05).reshape(1)),
    ]
    if until:
        nodes[-3:-3] = [node("Reshape", ["until", "to_map"], ["goal"]), node("Sub", ["moment", "goal"], ["way"])]
        nodes[-3] = node("Mul", ["way", "small"], ["d"])
    inputs = [
        _input("latent", 16, 16, 16), _input("hint", 17, 16, 16), _input("region", 18, 16, 16),
        _input("states", 32, 256), _input("text_mask", 32), _input("time"),
        *([_input("until")] if until else []),
    ]  # fmt: skip
    return _graph("denoiser", nodes, inputs, [_input("clean", 16, 16, 16)], constants)


def _prior(to_latent: np.ndarray) -> onnx.ModelProto:
    """sketch = the meaning's own colour and the style's everywhere, cover = a disc in the middle of the square."""
    node = helper.make_node
    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:32, 0:32] - 15.5
    disc = np.where(np.hypot(x, y) < 12.0, 8.0, -8.0).astype(np.float32)
    nodes = [
        node("MatMul", ["vector", "meaning"], ["a"]),
        node("MatMul", ["style", "shade"], ["b"]),
        node("Add", ["a", "b"], ["c"]),
        node("Tanh", ["c"], ["colour"]),
        node("Unsqueeze", ["colour", "places"], ["wash"]),
        node("Add", ["wash", "square"], ["sketch"]),
        node("ReduceSum", ["style", "all"], ["one"], keepdims=1),
        node("ReduceSum", ["style", "all"], ["sureness"], keepdims=0),
        node("Unsqueeze", ["one", "places"], ["ones"]),
        node("Mul", ["ones", "disc"], ["cover"]),
    ]
    constants = [
        _constant("meaning", 3.0 * rng.standard_normal((384, 3)).astype(np.float32) @ to_latent.T),
        _constant("shade", rng.standard_normal((len(STYLES), 3)).astype(np.float32) @ to_latent.T),
        _constant("places", np.asarray([2, 3], np.int64)),
        _constant("all", np.asarray([1], np.int64)),
        _constant("square", np.zeros((1, 16, 8, 8), np.float32)),
        _constant("disc", disc[None, None]),
    ]
    inputs = [_input("vector", 384), _input("style", len(STYLES))]
    outputs = [_input("sketch", 16, 8, 8), _input("cover", 1, 32, 32), _input("sureness")]
    return _graph("prior", nodes, inputs, outputs, constants)


def _decoder(to_rgb: np.ndarray) -> onnx.ModelProto:
    node = helper.make_node
    nodes = [
        node("Conv", ["latent", "kernel"], ["rgb"]),
        node("Resize", ["rgb", "", "scales"], ["large"], mode="linear"),
        node("Clip", ["large", "low", "high"], ["picture"]),
    ]
    constants = [
        _constant("kernel", to_rgb[:, :, None, None]),
        _constant("scales", np.asarray([1, 1, 16, 16], np.float32)),
        _constant("low", np.float32(-1.0).reshape(())),
        _constant("high", np.float32(1.0).reshape(())),
    ]
    return _graph(
        "decoder", nodes, [_input("latent", 16, 16, 16)], [_input("picture", 3, 256, 256)], constants
    )


def _encoder(to_latent: np.ndarray) -> onnx.ModelProto:
    node = helper.make_node
    nodes = [
        node("AveragePool", ["picture"], ["small"], kernel_shape=[8, 8], strides=[8, 8]),
        node("Conv", ["small", "kernel"], ["latent"]),
    ]
    constants = [_constant("kernel", to_latent[:, :, None, None])]
    return _graph(
        "encoder", nodes, [_input("picture", 3, 128, 128)], [_input("latent", 16, 16, 16)], constants
    )


def _library(folder: Path) -> None:
    phrases: list[str] = []
    drawings, pixels = [], b""
    for concept, (name, keywords, colour) in CONCEPTS.items():
        for style, shade in STYLES.items():
            raw = _drawing(tuple(min(c + s, 255) for c, s in zip(colour, shade, strict=True)))
            for phrase in (name, *keywords):
                if phrase not in phrases:
                    phrases.append(phrase)
            drawings.append({
                "name": name, "concept": concept, "words": list(keywords), "style": style,
                "licence": "CC0-1.0", "source": "tiny", "version": "1",
                "sha256": hashlib.sha256(raw).hexdigest(), "offset": len(pixels),
                "length": len(raw), "phrases": [phrases.index(each) for each in (name, *keywords)],
            })  # fmt: skip
            pixels += raw
    vectors = np.stack([sum(_meaning(word, 384) for word in phrase.split()) for phrase in phrases])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    (folder / "library.json").write_text(json.dumps({"drawings": drawings, "phrases": phrases}, indent=1))
    (folder / "library.bin").write_bytes(pixels)
    np.save(folder / "library_vectors.npy", vectors.astype(np.float16))


def _drawing(colour: tuple[int, ...]) -> bytes:
    picture = Image.new("RGBA", (96, 96), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((12, 24, 84, 72), fill=(*colour, 255))
    out = io.BytesIO()
    picture.save(out, "WEBP", lossless=True)
    return out.getvalue()
