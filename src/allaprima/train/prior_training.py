"""Trains the prior on the corpus's drawings: `allaprima train prior`.

The target of a phrase in a style is the drawing that the phrase means in it, small and over grey, as the frozen
autoencoder sees it. A phrase that names several things means the nearest, as it does in the library. Drawings that are
held out for the judge stay out here as well; where a thing was drawn in a kindred style, a target is made of that.
Meanings are jittered, so that near words give near sketches. The convolutions are taught with the perceptron, on a part
of each batch, to draw what that says: by their own error, so that what is meant stays what it was. The rate falls to
zero over the run's minutes; the same command goes on. Knows nothing of scenes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from allaprima.engine.library import PLAINEST, plain
from allaprima.errors import TrainingError
from allaprima.scene import vocabulary
from allaprima.scene.corpus import Corpus, Drawing
from allaprima.scene.stock import GROUP_WEIGHT, STYLE_WEIGHT, is_held_out
from allaprima.train.autoencoder import Autoencoder
from allaprima.train.completion import completed
from allaprima.train.ema import Ema
from allaprima.train.prior import COVER_SIDE, LATENT_SIDE, PRESETS, SIDE, Prior, PriorConfig
from allaprima.train.run import Run, mixed_precision
from allaprima.train.sheets import save_sheet

STYLES = tuple(vocabulary.STYLES)  # the order of the network's style input
NEAR = 0.7  # cosine to the name from which a keyword says what the drawing shows
KEYWORD_SHARE = 0.35  # of the batch that a drawing is asked for by a keyword, if it has any
JITTER = 0.25  # length of the noise beside a unit vector, for half of the batch
OUTSIDE = 0.1  # weight of latents that show nothing but grey
GREY = 128.0
WARMUP_STEPS = 200
RENDERED = 8  # one in so many sketches of a batch is rendered: that costs twice as much as to say what is meant
SHOWN = ("fox", "pizza", "sailboat", "violin", "cactus", "rocket", "owl", "umbrella")
Array = np.ndarray


@dataclass(frozen=True)
class Lessons:
    """What is learned: n targets, of drawings and made of drawings in kindred styles, and the phrases that ask for
    each, their vectors at hand."""

    latents: torch.Tensor  # float16 [n, 16, 8, 8]
    covers: torch.Tensor  # uint8 [n, 1, 32, 32]
    styles: torch.Tensor  # int64 [n]
    weights: torch.Tensor  # float64 [n], adding up to 1
    names: torch.Tensor  # int64 [n], the phrase that is the drawing's name
    keywords: tuple[torch.Tensor, ...]  # for each drawing its other phrases
    vectors: torch.Tensor  # float32 [phrases, 384]
    filled: int = 0  # how many of the n, the last, were made of drawings in kindred styles

    def __len__(self) -> int:
        return len(self.latents)

    def batch(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
        """vector, style, latent, cover of n drawings drawn by weight."""
        rows = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        asked = self.names[rows].clone()
        rolls, places = torch.rand(n, generator=generator), torch.rand(n, generator=generator)
        for place in torch.nonzero(rolls < KEYWORD_SHARE).flatten().tolist():
            others = self.keywords[int(rows[place])]
            if len(others):
                asked[place] = others[int(places[place] * len(others))]
        vector = self.vectors[asked]
        noise = torch.randn(vector.shape, generator=generator) * (JITTER / vector.shape[1] ** 0.5)
        noise *= (torch.rand(n, 1, generator=generator) < 0.5) * torch.rand(n, 1, generator=generator) * 2.0
        return (F.normalize(vector + noise, dim=1), style_inputs(self.styles[rows]),
                self.latents[rows].float(), self.covers[rows].float() / 255.0)  # fmt: skip


def style_inputs(styles: torch.Tensor) -> torch.Tensor:
    """[n] places in STYLES -> [n, styles]."""
    return F.one_hot(styles, len(STYLES)).float()


def target(pixels: Array) -> tuple[Array, Array]:
    """A drawing uint8 [h, w, 4] as RGB float32 [3, 64, 64] in [-1, 1] over grey, and its cover uint8 [1, 32, 32]: cut
    to what is visible and centred in the square, so that its longer side fills it."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    image = (image.crop(box) if box else image).convert("RGBa")
    scale = SIDE / max(image.size)
    small = image.resize(tuple(max(1, round(side * scale)) for side in image.size), Image.Resampling.LANCZOS)  # type: ignore[arg-type]
    square = Image.new("RGBa", (SIDE, SIDE))
    square.paste(small, ((SIDE - small.width) // 2, (SIDE - small.height) // 2))
    shown = np.asarray(square).astype(np.float32)
    rgb = shown[..., :3] + GREY * (1.0 - shown[..., 3:] / 255.0)
    cover = shown[..., 3].reshape(COVER_SIDE, SIDE // COVER_SIDE, COVER_SIDE, SIDE // COVER_SIDE).mean(axis=(1, 3))
    return (rgb / 127.5 - 1.0).transpose(2, 0, 1), np.rint(cover).astype(np.uint8)[None]


def chosen(drawings: Sequence[Drawing]) -> list[int]:
    """One drawing of each concept in each style, held-out pairs aside: two would teach their mean."""
    found: dict[tuple[str, str], int] = {}
    for drawing in drawings:
        if drawing.style in STYLES and not is_held_out(drawing.concept, drawing.style):
            found.setdefault((drawing.concept, drawing.style), drawing.index)
    return list(found.values())


def meanings(drawings: Sequence[Drawing], vectors: dict[str, Array]) -> dict[str, list[str]]:
    """For each concept the phrases that mean it, its names first: a name means what it names, any other phrase the
    concept whose name is nearest, if that is near at all."""
    names: dict[str, set[str]] = defaultdict(set)  # phrase -> concepts it names
    others: dict[str, dict[str, float]] = defaultdict(dict)  # phrase -> concepts with the cosine of their name
    for drawing in drawings:
        name = plain(drawing.name)
        names[name].add(drawing.concept)
        for word in map(plain, drawing.keywords):
            if word and word != name:
                near = float(vectors[word] @ vectors[name])
                others[word][drawing.concept] = max(near, others[word].get(drawing.concept, -1.0))
    for word, name in PLAINEST.items():
        if name in names and word in vectors:
            others[word] = dict.fromkeys(names[name], 1.0)
            names.pop(word, None) if word != name else None
    found: dict[str, list[str]] = defaultdict(list)
    for name, concepts in names.items():
        for concept in concepts:
            found[concept].append(name)
    for word, concepts in others.items():
        if word not in names:
            best = max(concepts, key=lambda each: concepts[each])
            if concepts[best] >= NEAR:
                found[best].append(word)
    return found


def phrases_of(drawings: Sequence[Drawing]) -> list[str]:
    """Every name and keyword once, and the plainest words."""
    said = (text for drawing in drawings for text in (drawing.name, *drawing.keywords))
    return list(dict.fromkeys(filter(None, map(plain, (*said, *PLAINEST)))))


@torch.no_grad()
def prepare(corpus: Corpus, autoencoder: Autoencoder, vectors: dict[str, Array], *, fast: bool) -> Lessons:
    """Targets and phrases of the corpus; a few minutes, most of them for the drawings' pixels."""
    asked = meanings(corpus.drawings, vectors)
    index = {text: place for place, text in enumerate(vectors)}
    rows = [row for row in chosen(corpus.drawings) if asked[corpus.drawings[row].concept]]
    latents = torch.empty(len(rows), 16, LATENT_SIDE, LATENT_SIDE, dtype=torch.float16)
    covers = torch.empty(len(rows), 1, COVER_SIDE, COVER_SIDE, dtype=torch.uint8)
    for start in range(0, len(rows), 64):
        pairs = [target(corpus.image(row)) for row in rows[start : start + 64]]
        part = slice(start, start + len(pairs))
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            latents[part] = autoencoder.encode(torch.from_numpy(np.stack([rgb for rgb, _ in pairs]))).half()
        covers[part] = torch.from_numpy(np.stack([cover for _, cover in pairs]))
    styles, concepts = ([getattr(corpus.drawings[row], field) for row in rows] for field in ("style", "concept"))
    filled = completed(latents, covers / 255.0, styles, concepts)
    if filled:
        latents = torch.cat([latents, torch.stack([each.latent for each in filled]).half()])
        covers = torch.cat([covers, (torch.stack([each.cover for each in filled]) * 255.0).round().byte()])
        styles += [each.style for each in filled]
    names, keywords, weights = [], [], []
    for row, style in zip([*rows, *(rows[each.source] for each in filled)], styles, strict=True):
        drawing = corpus.drawings[row]
        phrases = asked[drawing.concept]
        own = plain(drawing.name)
        first = own if own in phrases else phrases[0]
        names.append(index[first])
        keywords.append(torch.tensor([index[text] for text in phrases if text != first], dtype=torch.int64))
        weights.append(GROUP_WEIGHT.get(drawing.group or "", 1.0) * STYLE_WEIGHT.get(style, 1.0))
    shares = torch.tensor(weights, dtype=torch.float64)
    return Lessons(latents, covers, torch.tensor([STYLES.index(style) for style in styles]), shares / shares.sum(),
                   torch.tensor(names), tuple(keywords), torch.from_numpy(np.stack(list(vectors.values()))),
                   len(filled))  # fmt: skip


def sketch_loss(sketch: tuple[torch.Tensor, torch.Tensor], latent: torch.Tensor, cover: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """The squared error of the latents, weighted by what they show, and the cutout's cross entropy above that of the
    truth's own greys."""
    said, logits = sketch
    shown = F.avg_pool2d(cover, COVER_SIDE // LATENT_SIDE) * (1.0 - OUTSIDE) + OUTSIDE
    away = ((said.float() - latent).pow(2) * shown).mean() / shown.mean()
    least = F.binary_cross_entropy(cover, cover)
    return away, F.binary_cross_entropy_with_logits(logits.float(), cover) - least


def losses(model: Prior, batch: tuple[torch.Tensor, ...]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """`sketch_loss` of what is meant, and of a part of it as it is rendered, where the prior does that."""
    vector, style, latent, cover = batch
    meant = model.meant(vector, style)
    found = [sketch_loss(meant, latent, cover)]
    if model.rendering is not None:
        few = slice(0, max(len(vector) // RENDERED, 1))
        sketch = model.rendered(meant[0][few].detach(), meant[1][few].detach(), style[few])
        found.append(sketch_loss(sketch, latent[few], cover[few]))
    return found


def load_prior(folder: Path) -> tuple[Prior, dict[str, Any]]:
    """The averaged weights of a run and its record. Raises TrainingError when there is none."""
    state = Run(folder, None).load()
    if state is None:
        raise TrainingError(f"no prior in {folder}; run `allaprima train prior` first")
    model = Prior(PriorConfig(**state["config"]))
    model.load_state_dict(state["ema"])
    return model.eval(), {key: state[key] for key in ("config", "step", "sketches", "minutes")}


@torch.no_grad()
def sketch_sheet(model: Prior, autoencoder: Autoencoder, vectors: dict[str, Array], path: Path) -> None:
    """Eight things in every style, a style a row."""
    words = [word for word in SHOWN if word in vectors] or list(vectors)[:8]
    rows = torch.from_numpy(np.stack([vectors[word] for word in words]))
    shown = []
    for style in range(len(STYLES)):
        latent, logits = model(rows, style_inputs(torch.full((len(words),), style)))
        cover = F.interpolate(logits.sigmoid(), scale_factor=4, mode="bilinear")
        shown.append(autoencoder.decode(latent) * cover + (1.0 - cover))
    save_sheet(torch.cat(shown), path, columns=len(words))


def train_prior(
    *,
    minutes: float,
    steps: int | None = None,
    corpus: Path = Path("data/corpus"),
    folder: Path = Path("data/runs/prior"),
    runs: Path = Path("data/runs"),
    tokenizer: Path = Path("data/text/tokenizer.json"),
    size: str = "m",
    batch: int = 1024,
    lr: float = 1e-3,
    seed: int = 0,
) -> dict[str, Any]:
    """Trains over `minutes` in all, those of earlier calls counted, and for at most `steps` more; returns a report."""
    from allaprima.train.autoencoder_training import load_autoencoder
    from allaprima.train.captions_encoding import CaptionEncoder

    run = Run.open(folder, minutes=minutes)
    torch.manual_seed(seed)
    fast = mixed_precision()
    autoencoder = load_autoencoder(runs / "autoencoder").eval()
    drawings = Corpus.open(corpus)
    texts = phrases_of(drawings.drawings)
    encoder = CaptionEncoder.open(runs / "text" / "checkpoint.pt", tokenizer, fast=False)
    vectors = dict(zip(texts, encoder.vectors(texts), strict=True))
    lessons = prepare(drawings, autoencoder, vectors, fast=fast)
    run.log(f"{len(lessons)} targets, {lessons.filled} of them made of kindred ones, {len(texts)} phrases, "
            f"ready after {run.elapsed():.0f} s")  # fmt: skip
    width, blocks, channels = PRESETS[size]
    config = PriorConfig(width, blocks, len(STYLES), channels)
    model = Prior(config)
    ema = Ema(model)
    adam = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.99), weight_decay=0.0)
    step, spent = 0, 0.0
    if (state := run.load()) is not None:
        # A run begun before there were convolutions goes on with new ones, which change nothing at first.
        new = {name: value for name, value in model.state_dict().items() if name not in state["model"]}
        model.load_state_dict({**new, **state["model"]})
        ema.load_state_dict({**new, **state["ema"]})
        if "optimiser" in state and not new:
            adam.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["minutes"]
        run.log(f"resumed at step {step} after {spent:.1f} min")
    run.minutes = max(minutes - spent, 0.0)
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    seen: list[list[float]] = []

    def record() -> dict[str, Any]:
        return {"config": config.to_dict(), "step": step, "sketches": step * batch, "lessons": len(lessons),
                "minutes": spent + run.elapsed() / 60, "model": model.state_dict(), "ema": ema.weights,
                "optimiser": adam.state_dict()}  # fmt: skip

    def keep() -> Prior:
        """Saves the run and its sheet; the averaged network."""
        run.save(record())
        averaged = Prior(config).eval()
        averaged.load_state_dict(ema.weights)
        sketch_sheet(averaged, autoencoder, vectors, folder / "sheet.png")
        return averaged

    last = None if steps is None else step + steps
    while run.going() and step != last:
        scale = min(1.0, (step + 1) / WARMUP_STEPS) * min(1.0, 2.0 * run.left() / (minutes * 60))
        for group in adam.param_groups:
            group["lr"] = lr * scale
        drawn = lessons.batch(batch, generator)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            found = losses(model, drawn)
        adam.zero_grad(set_to_none=True)
        torch.stack([part for pair in found for part in pair]).sum().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        step += 1
        ema.update(model, step)
        seen.append([float(part.detach()) for pair in found for part in pair])
        if step % 200 == 0:
            latent, cover, *rendered = np.mean(seen, axis=0)
            said = f"rendered {rendered[0]:.4f} and {rendered[1]:.4f} | " if rendered else ""
            run.log(f"step {step:6d} | latents {latent:.4f} | cutout {cover:.4f} | {said}lr {lr * scale:.1e} | "
                    f"{spent + run.elapsed() / 60:.1f} min")  # fmt: skip
            seen = []
        if run.due("checkpoint", every_s=240):
            keep()
    with torch.no_grad():
        vector, style, latent, cover = lessons.batch(2048, torch.Generator().manual_seed(1))
        away, cut = sketch_loss(keep()(vector, style), latent, cover)
    return {"step": step, "lessons": len(lessons), "latents": float(away), "cutout": float(cut)}
