"""The painter: a prompt in, pictures out, every step of the way open to look at.

    painter = Painter()
    painter.paint("a red fox under a starry night sky", seed=7).save("fox.png")

    for step in painter.steps("a red fox", count=4):    # stop consuming and the work stops
        show(step.preview)
    pictures = painter.finish(step)

Thread-safe; one session per graph. Knows nothing of the terminal, of HTTP or of who is asking.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from allaprima.engine import (
    backends,
    choosing,
    collage,
    few_steps,
    lettering,
    own_drawings,
    preview,
    prior,
    recall,
    recipe,
    settings,
    shapes,
    straying,
    taste,
    tiling,
)
from allaprima.engine.backends import Backend
from allaprima.engine.bundle import Bundle
from allaprima.engine.collage import Collage
from allaprima.engine.library import Library
from allaprima.engine.options import Options
from allaprima.engine.picture import Picture
from allaprima.engine.prior import Prior
from allaprima.engine.reading import Reading, read
from allaprima.engine.request import SEEDS, Prompt, Request
from allaprima.engine.sampler import Prediction, Walk, guide
from allaprima.engine.sitting import Begun, Sitting, Step
from allaprima.engine.step_count import StepsHead, features
from allaprima.engine.text import TextEncoder
from allaprima.engine.tokenizer import Tokenizer
from allaprima.engine.upscaler import Enlarger
from allaprima.errors import UserError
from allaprima.scene import vocabulary

Array = NDArray[np.float32]

CONTEXT = 18  # words of the prompt before what is not wanted: the encoder reads 32 tokens


class Painter:
    """A bundle opened and ready to paint."""

    def __init__(
        self,
        bundle: Bundle | str | os.PathLike[str] | None = None,
        backend: Backend | str = "",
        *,
        threads: int = 0,
    ) -> None:
        """`bundle`: opened, a folder, or None for the package's own. `backend`: one of your own, or a name
        (default: the setting, then "auto"). `threads`: for each model call, 0 takes every core.
        """
        start = time.perf_counter()
        self.bundle = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
        if isinstance(backend, str):
            choice = choosing.choose(self.bundle, backend or settings.text("backend"), threads)
            self.backend, self.backend_reason = choice.backend, choice.reason
        else:
            self.backend, self.backend_reason = backend, "given"
        self.enlarger = Enlarger.of(self.bundle, self.backend)
        # Loading is half parsing, half waiting: two at a time is as fast as it gets on two cores.
        with ThreadPoolExecutor(len(self.bundle.graphs)) as pool:
            loaded = [pool.submit(self.backend.load, graph) for graph in self.bundle.graphs]
            self._text = TextEncoder(self.backend, Tokenizer(self.bundle.path("tokenizer.json")))
            self._bundled = self.library = Library.open(self.bundle)
            for future in loaded:
                future.result()
        self._steps_head = StepsHead.open(self.bundle)
        self._prior = Prior.of(self.bundle, self.backend)
        self.remember_own()
        self.load_ms = (time.perf_counter() - start) * 1000.0

    def remember_own(self) -> None:
        """Take the user's own drawings into memory, as they are now: at the start, and when they changed."""
        self.library = own_drawings.join(self._bundled, self.encoder, self.meaning)

    # ---- painting ------------------------------------------------------------------------------------------

    def paint(self, prompt: Prompt, **options: Unpack[Options]) -> Picture:
        """One picture; see `Options` for the keywords. Raises UserError for what cannot be painted."""
        options["count"] = 1
        return self.paint_batch(prompt, **options)[0]

    def paint_batch(self, prompt: Prompt, **options: Unpack[Options]) -> tuple[Picture, ...]:
        """`count` pictures at once, of the seeds seed, seed + 1, ..."""
        *_, last = self.steps(prompt, **options)
        return self.finish(last)

    def steps(self, prompt: Prompt, **options: Unpack[Options]) -> Iterator[Step]:
        """Paint step by step. The wish is checked at once; each step is worked out when asked for."""
        return self.run(self.prepare(prompt, **options))

    def finish(self, step: Step) -> tuple[Picture, ...]:
        """The pictures of any step, decoded: the last one's are the result, an earlier one's a draft."""
        start = time.perf_counter()
        sitting, request = step.sitting, step.sitting.request
        rgb = tiling.decoded(step.clean, self._decode) if request.tile else self._decode(step.clean)
        decoded = preview.to_bytes(rgb)
        painted_at = (rgb.shape[3], rgb.shape[2])
        native = self.bundle.picture_sizes[0]
        size = (request.width or request.height or native[0], request.height or request.width or native[1])
        way = "bicubic" if request.tile else self.enlarger.taken(painted_at, size, request.enlarge)
        painted = [np.ascontiguousarray(each.transpose(1, 2, 0)) for each in decoded]
        pictures = [
            tiling.resized(each, size) if request.tile else self.enlarger.fitted(each, size, way) for each in painted
        ]
        timing = dict(sitting.timing_ms)
        timing["denoise"] = step.denoise_ms
        timing["decode"] = (time.perf_counter() - start) * 1000.0
        timing["total"] = timing["text"] + timing["denoise"] + timing["decode"]
        timing = {"load": self.load_ms} | {key: round(value, 2) for key, value in timing.items()}
        name = self.backend.name
        return tuple(
            Picture(
                pixels, recipe.write(sitting, self.bundle, name, index, step.index + 1, (painted_at, size, way)), timing
            )
            for index, pixels in enumerate(pictures)
        )

    def _decode(self, latent: Array) -> Array:
        return np.asarray(self.backend.run("decoder", {"latent": latent})["picture"], np.float32)

    def replay(self, written: Mapping[str, Any]) -> Picture:
        """The picture of a recipe: the same pixels on the same backend. Raises UserError if it cannot be."""
        wanted = recipe.options(written, self.bundle)
        stop = int(written.get("stopped_after", wanted["steps"]))
        index = int((written.get("batch") or {"index": 0})["index"])
        for step in self.steps(wanted.pop("prompt"), **wanted):
            if step.index + 1 >= stop:
                picture = self.finish(step)[index]
                recipe.check_references(written, picture.recipe)
                return picture
        raise UserError(f"The recipe stops after {stop} steps, which is before the first.")

    def meaning(self, texts: Sequence[str]) -> Array:
        """What texts mean, as the text encoder has it: vectors [n, 384] of unit length."""
        return self._text.encode(texts).vector

    def word_means(self, texts: Sequence[str]) -> Array:
        """The mean token state of each text, [n, 256]: where its words lie in the space that guides the painting."""
        encoded = self._text.encode(texts)
        total = (encoded.states * encoded.mask[..., None]).sum(axis=1)
        return np.asarray(total / np.maximum(encoded.mask.sum(axis=1, keepdims=True), 1.0), np.float32)

    @property
    def encoder(self) -> str:
        """The sha256 of the text encoder."""
        return str(self.bundle.info["files"]["text_encoder.onnx"])

    # ---- before the first step -----------------------------------------------------------------------------

    def prepare(self, prompt: Prompt, **options: Unpack[Options]) -> Sitting:
        """Check a wish, read it, recall drawings, make the noise: all that comes before the first step."""
        start = time.perf_counter()
        request = Request.checked(prompt, **options)
        bundle = self.bundle
        self.enlarger.named(request.enlarge)  # raises before any work is done
        memory = self._memory(request)
        seeds = tuple((request.seed + index) % SEEDS for index in range(request.count))
        texts = [_styled(_in_context(request.prompt, text, weight), request.style) for text, weight in request.parts]
        encoded = self._text.encode([*texts, *([request.negative] if request.negative else [])])
        k = len(texts)
        said, unlettered = lettering.read(request.prompt) if _letters(request, memory) else (None, request.prompt)
        reading = read(_styled(unlettered, request.style))
        for name in request.characters:
            if not self.library.named(name):
                raise UserError(f"No drawing is called {name!r}: see allaprima library list, or add it there.")
        # Letters are planned for a square; other pictures are composed for their own shape.
        size = shapes.painted_at(bundle, request.width, request.height) if said is None else bundle.picture_sizes[0]
        shape = shapes.cells(bundle, size)
        collages = (
            self._collages(reading, said, request, seeds, shape) if memory > 0.0
            else self._sketched(reading, request, seeds, shape)
        )  # fmt: skip
        if request.is_auto:
            vector = np.tensordot([weight for _, weight in request.parts], encoded.vector[:k], axes=1)
            request = self._counted(request, vector, int(encoded.mask[:k].sum(axis=1).max()), collages[0])
        channels = bundle.latent_shape[0]
        noise = np.stack([_generator(seed).standard_normal((channels, *shape), np.float32) for seed in seeds])
        states = taste.followed(encoded.states[:k], encoded.mask[:k], request.taste, self.encoder)
        has_negative = bool(request.negative)
        sampler = few_steps.sampler_for(request, bundle)
        few = bundle.student if sampler == "student" else None
        grid, churn, scale = (
            (bundle.grid(request.steps), bundle.churn.get(request.steps), bundle.guidance_scale) if few is None
            else (few.grids[request.steps], None, few.guidance_scale)
        )  # fmt: skip
        return Sitting(
            request=request,
            reading=reading,
            seeds=seeds,
            grid=request.grid or grid,
            churn=request.churn or churn or (0.0,) * request.steps,
            guidance_scale=scale if request.guidance_scale is None else request.guidance_scale,
            memory=memory,
            weights=np.asarray([weight for _, weight in request.parts], np.float32),
            states=straying.estranged(states, encoded.mask[:k], request.prompt, request.weird),
            mask=encoded.mask[:k],
            negative_states=encoded.states[k:] if has_negative else np.zeros_like(encoded.states[:1]),
            negative_mask=encoded.mask[k:] if has_negative else np.zeros_like(encoded.mask[:1]),
            hint=self._hint(collages),
            collages=collages,
            noise=noise,
            unread=" ".join(filter(None, map(self._text.unread, texts))),
            preview_matrix=bundle.preview_matrix,
            preview_bias=bundle.preview_bias,
            timing_ms={"text": (time.perf_counter() - start) * 1000.0},
            jitter=straying.jitter(states, seeds, request.chaos),
            sampler=sampler,
        )

    def _counted(self, request: Request, vector: Array, words: int, found: Collage | None) -> Request:
        """The request with as many steps as its words need."""
        if self._steps_head is None:
            raise UserError("This bundle cannot tell how many steps words need: say how many, as in --steps 8.")
        things = 0 if found is None else sum(len(boxes) for boxes in found.boxes)
        seen = features(vector, things=things, words=words, is_hinted=found is not None)
        return replace(request, steps=self._steps_head.choose(seen))

    def _memory(self, request: Request) -> float:
        if request.memory is not None:
            return request.memory
        set_ = settings.number("memory")
        return self.bundle.memory if set_ < 0.0 else min(set_, 1.0)

    def _collages(
        self, reading: Reading, said: lettering.Said | None, request: Request, seeds: Sequence[int], shape: shapes.Cells
    ) -> tuple[Collage | None, ...]:
        """For each picture its own choice of drawings and places, by its seed; and the quoted words."""
        things = recall.recall(reading, self.library, lambda texts: self._text.encode(texts).vector)
        things = recall.cast(things, request.characters, self.library)
        if not things:
            if said is None:
                return (None,) * len(seeds)
            plans = (lettering.plan(said, None, reading, _generator(seed, 4), shape) for seed in seeds)
            return tuple(lettering.into(None, letters, shape) for letters in plans)
        relation = recall.relation(reading, things)
        made = []
        for seed in seeds:
            rng = _generator(seed, 1)
            chosen = recall.choose(things, self.library, request.style or reading.style, rng)
            composed = collage.compose(chosen, self.library, relation, reading.scenery, rng, shape)
            if said is not None:
                letters = lettering.plan(said, composed, reading, _generator(seed, 4), shape)
                composed = collage.paste(chosen, lettering.beside(composed.boxes, letters), self.library, shape)
                composed = lettering.into(composed, letters, shape)
            made.append(composed)
        return tuple(made)

    def _sketched(
        self, reading: Reading, request: Request, seeds: Sequence[int], shape: shapes.Cells
    ) -> tuple[Collage | None, ...]:
        """From words alone: what the prior sketches, in the places that drawings would have."""
        wanted = bool(settings.number("prior")) if request.prior is None else request.prior
        if self._prior is None or not wanted:
            return (None,) * len(seeds)
        rngs = [_generator(seed, 1) for seed in seeds]
        imagined = prior.imagined(reading, request.style or reading.style, self._prior, self.meaning, rngs)
        return tuple(
            collage.compose(things, sketches, recall.relation(reading, things), reading.scenery, rng, shape)
            if things else None
            for rng, (things, sketches) in zip(rngs, imagined, strict=True)
        )  # fmt: skip

    def _hint(self, collages: Sequence[Collage | None]) -> Array | None:
        present = [each.rgba for each in collages if each is not None]
        if not present:
            return None
        return collage.hint(np.stack(present), lambda rgb: self.backend.run("encoder", {"picture": rgb})["latent"])

    # ---- the steps -----------------------------------------------------------------------------------------

    def run(self, sitting: Sitting) -> Iterator[Step]:
        """The steps of a sitting that was made ready by `prepare`."""
        begun = self.begin(sitting)
        while not begun.walk.is_done:
            yield self.advance([begun])[0]

    def begin(self, sitting: Sitting) -> Begun:
        """A sitting before its first step, for `advance`."""
        generators = [_generator(seed, 2) for seed in sitting.seeds]
        shape = sitting.noise.shape[1:]

        def fresh_noise() -> Array:
            return np.stack([each.standard_normal(shape, np.float32) for each in generators])

        solver = sitting.request.solver
        walk = Walk(sitting.noise, sitting.grid, solver=solver, churn=sitting.churn, fresh_noise=fresh_noise)
        return Begun(sitting, walk)

    def advance(self, begun: Sequence[Begun]) -> tuple[Step, ...]:
        """One step of each sitting, wherever on its grid each of them stands: all that the denoiser paints in one
        model call, and all that the student paints in another.

        None of them may be done. A sitting's pictures are the same as alone but for the last bits of a float.
        """
        # What whoever watches does between two steps is not the painter's time.
        start = time.perf_counter()
        asked = [self._question(each.sitting, each.walk) for each in begun]
        turns = [each.walk.index if each.sitting.request.tile else 0 for each in begun]
        asked = [tiling.turned(feed, turn) for feed, turn in zip(asked, turns, strict=True)]
        clean = self._asked([each.sitting.sampler for each in begun], asked)
        steps = []
        for each, said, turn in zip(begun, clean, turns, strict=True):
            prediction = self._answer(each.sitting, each.walk, tiling.turn(said, turn))
            step = each.walk.advance(prediction)
            each.denoise_ms += (time.perf_counter() - start) * 1000.0
            steps.append(Step(
                sitting=each.sitting, index=step.index, count=step.count, t=step.t, next_t=step.next_t,
                state=step.state, clean=step.clean, guidance=step.guidance, removed=step.removed, added=step.added,
                hinted=_is_hinted(each.sitting, step.t), denoise_ms=each.denoise_ms,
            ))  # fmt: skip
        return tuple(steps)

    def _asked(self, graphs: Sequence[str], asked: Sequence[dict[str, NDArray[Any]]]) -> list[Array]:
        """What each question's own graph says to it; the questions to one graph about one shape make one call."""
        said: dict[int, Array] = {}
        kinds = [(graph, each["latent"].shape[1:]) for graph, each in zip(graphs, asked, strict=True)]
        for kind in dict.fromkeys(kinds):
            places, graph = [place for place, each in enumerate(kinds) if each == kind], kind[0]
            feeds = asked[places[0]]
            if len(places) > 1:
                feeds = {key: np.concatenate([asked[place][key] for place in places]) for key in feeds}
            clean = self.backend.run(graph, feeds)["clean"]
            ends = np.cumsum([len(asked[place]["time"]) for place in places])
            said |= dict(zip(places, np.split(clean, ends[:-1]), strict=True))
        return [said[place] for place in range(len(asked))]

    def _scale(self, sitting: Sitting, walk: Walk) -> float:
        if walk.index + 1 == sitting.request.stop:
            return 1.0  # guidance tells where to go; who stops here wants to see where he is
        few = self.bundle.student if sitting.sampler == "student" else None
        low, high = self.bundle.guidance_interval if few is None else few.guidance_interval
        return sitting.guidance_scale if low <= walk.t <= high else 1.0

    def _question(self, sitting: Sitting, walk: Walk) -> dict[str, NDArray[Any]]:
        """The network's inputs: all conditions of all n pictures, k sub-prompts and the unconditional side."""
        state, t = walk.state, walk.t
        n, k = len(state), len(sitting.weights)
        # Without guidance nobody asks for the unconditional side, and the student has it within.
        rows = k if sitting.sampler == "student" or self._scale(sitting, walk) == 1.0 else k + 1
        feeds = backends.blank_feeds(self.bundle, n * rows, (state.shape[2], state.shape[3]))
        feeds["latent"] = np.tile(state, (rows, 1, 1, 1))
        feeds["time"] = np.full(n * rows, t, np.float32)
        feeds["states"][: n * k] = np.repeat(sitting.states, n, axis=0)
        feeds["text_mask"][: n * k] = np.repeat(sitting.mask, n, axis=0)
        if sitting.jitter is not None:
            moved = straying.share_at(t) * np.tile(sitting.jitter, (k, 1, 1))
            feeds["states"][: n * k] += moved * feeds["text_mask"][: n * k, :, None]
        if rows > k:
            feeds["states"][n * k :] = sitting.negative_states
            feeds["text_mask"][n * k :] = sitting.negative_mask
        if sitting.region is not None:
            # On the unconditional side, too: what is known of the picture is no matter of guidance.
            feeds["region"] = np.tile(sitting.region, (rows, 1, 1, 1))
        if sitting.hint is not None and _is_hinted(sitting, t):
            feeds["hint"][: n * k] = np.tile(sitting.hint, (k, 1, 1, 1))
        if sitting.sampler == "student":
            feeds["until"] = np.full(n * rows, walk.next_t, np.float32)
        return feeds

    def _answer(self, sitting: Sitting, walk: Walk, clean: Array) -> Prediction:
        """The clean latents [n, c, h, w] as guidance has them, of what the denoiser said to `_question`."""
        k, scale = len(sitting.weights), self._scale(sitting, walk)
        sides = clean.reshape(-1, len(sitting.seeds), *clean.shape[1:])
        # What is wanted is a mean; what is not wanted leads away from the unconditional side, as strongly as guidance
        # leads to the rest (arXiv:2206.01714). In one sum with it, it would only make the rest louder.
        wanted = np.maximum(sitting.weights, 0.0) / np.maximum(sitting.weights, 0.0).sum()
        conditional = np.tensordot(wanted, sides[:k], axes=1).astype(np.float32)
        if len(sides) == k:
            if sitting.guidance_scale == 1.0:  # nothing to lead away from: one sum is all there is
                conditional = np.tensordot(sitting.weights, sides, axes=1).astype(np.float32)
            return Prediction(conditional, scale)
        guided = guide(conditional, sides[k], scale)
        unwanted = np.minimum(sitting.weights, 0.0) / np.maximum(sitting.weights, 0.0).sum()
        for place in np.flatnonzero(unwanted):
            guided = guided + scale * unwanted[place] * (sides[place] - sides[k])
        return Prediction(np.asarray(guided, np.float32), scale)


def _letters(request: Request, memory: float) -> bool:
    """Whether quoted words are drawn. They reach the network through the hint, which memory shows or hides."""
    return memory > 0.0 and (bool(settings.number("lettering")) if request.lettering is None else request.lettering)


def _is_hinted(sitting: Sitting, t: float) -> bool:
    """The dial m shows the collage while t > 1 - m: always at 1, early steps below. At 0 it is sketched, and stays."""
    return sitting.hint is not None and (sitting.memory == 0.0 or t > 1.0 - sitting.memory)


def _generator(seed: int, *stream: int) -> np.random.Generator:
    """A seed's random numbers, alike on every machine; further streams for what is not the first noise."""
    return np.random.Generator(np.random.PCG64([seed, *stream] if stream else seed))


def _in_context(prompt: str, text: str, weight: float) -> str:
    """What is not wanted is said of the picture that is: "a lake" without "a lake, clouds" lacks the clouds, while
    without "clouds" it lacks what pictures of clouds have besides."""
    return text if weight > 0.0 else f"{' '.join(prompt.split()[:CONTEXT])}, {text}"


def _styled(text: str, style: str | None) -> str:
    return f"{text}, {vocabulary.STYLES[style][0]}" if style in vocabulary.STYLES else text
