"""Distils the denoiser into a student of 4, 2 and 1 steps: `allaprima train student`.

Begins with the teacher's averaged weights. A third of the time the teacher leads trajectories of 16 guided steps, kept
in a pool; the rest the student learns to land, in one call and without guidance, where they passed. The loss is the
pseudo-Huber distance of arXiv:2310.14189 on the prediction that would have landed right. The rate falls to zero over
`minutes`; the same command goes on from the checkpoint, with the rate high again and a new pool. With `adversarial`
minutes besides, a discriminator sharpens what was distilled (`train.refinement`); it is kept where that is better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from allaprima.engine import schedule
from allaprima.errors import TrainingError
from allaprima.train.bank import Bank
from allaprima.train.denoiser import Denoiser
from allaprima.train.denoiser_training import ADAM_ONLY, conditions, load_denoiser
from allaprima.train.ema import Ema
from allaprima.train.flow import Conditions
from allaprima.train.lessons import Guided, Pool, gather, guided, lesson_conditions
from allaprima.train.likeness import Likeness
from allaprima.train.muon import Muon
from allaprima.train.refinement import Refiner, Verdict, finished
from allaprima.train.run import Run, mixed_precision
from allaprima.train.sheets import save_sheet
from allaprima.train.student import Terms, needed, of_teacher, paint

SHARES = {4: 0.6, 2: 0.25, 1: 0.15}  # of the lessons: steps of each grid
GATHER_BATCH = 32
GATHER_FIRST = 4  # batches of trajectories before the first lesson
GATHER_EVERY = 10  # lessons' batches; about a third of the time is the teacher's then
STUDENT_LED = 0.3  # of the trajectories, once the student has learned something
STUDENT_LEADS_AFTER = 0.3  # of the run
NO_MORE = 0.9  # of the run: nothing is gathered any more
WARMUP_STEPS = 20
HUBER = 0.03  # of a latent's deviation
TRUTH_STEPS = 32
GIVEN = ("hint", "region", "states", "text_mask")
REFINING_RATE = 0.2  # of the learning rate, while a discriminator looks on
REFINING_BATCH = 16
CROWD = 48  # scenes that refinement is judged on
REAL = 512


@dataclass(frozen=True)
class Exam:
    """Scenes of the kept shard, every other one from words alone, their noise, and the teacher's own answer."""

    given: Conditions
    noise: torch.Tensor
    truth: torch.Tensor

    def known(self) -> list[torch.Tensor]:
        return [getattr(self.given, name) for name in GIVEN]

    def distance(self, latents: torch.Tensor) -> float:
        """Root mean square difference from the truth, averaged over scenes."""
        return float((latents - self.truth).pow(2).mean(dim=(1, 2, 3)).sqrt().mean())

    def contrast(self, latents: torch.Tensor) -> float:
        """Deviation between neighbouring cells against the truth's; below 1 is blurred."""
        def edges(x: torch.Tensor) -> torch.Tensor:
            return (x[..., 1:] - x[..., :-1]).pow(2).mean() + (x[..., 1:, :] - x[..., :-1, :]).pow(2).mean()

        return float((edges(latents) / edges(self.truth)).sqrt())


def teacher_paints(predict: Guided, noise: torch.Tensor, given: Conditions, grid: tuple[float, ...]) -> torch.Tensor:
    """The teacher's guided Euler steps along a grid."""
    state = noise
    for t, after in zip(grid[:-1], grid[1:], strict=True):
        clean = predict(state, given, t)
        state = clean + (after / t) * (state - clean)
    return state


def set_exam(bank: Bank, predict: Guided, count: int) -> Exam:
    """The fixed scenes that students and teachers are compared on."""
    given = conditions(bank.validation(count), None)
    shown = (torch.arange(count) % 2 == 0).float()
    given = Conditions(given.hint * shown[:, None, None, None], given.region, given.states, given.text_mask)
    channels = given.hint.shape[1] - 1
    noise = torch.randn((count, channels, *given.hint.shape[2:]), generator=torch.Generator().manual_seed(23))
    return Exam(given, noise, teacher_paints(predict, noise, given, schedule.linear(TRUTH_STEPS)))


def huber(error: torch.Tensor) -> torch.Tensor:
    """[n] of errors [n, c, h, w]: square near zero, linear far away, so that no lesson outweighs the others."""
    size = error[0].numel()
    c = HUBER * size**0.5
    return ((error.pow(2).sum(dim=(1, 2, 3)) + c * c).sqrt() - c) / size**0.5


def refine(
    student: Denoiser,
    ema: Ema,
    muon: Muon,
    refiner: Refiner,
    bank: Bank,
    terms: Terms,
    rng: np.random.Generator,
    generator: torch.Generator,
    *,
    lessons: Callable[[], torch.Tensor],
    left: Callable[[], float],
    first_step: int,
    most: int | None,
    fast: bool,
    say: Callable[[str], None],
) -> int:
    """Rounds against a discriminator, `most` of them or while time is `left` (1 down to 0); how many there were."""
    counts, chances = list(SHARES), list(SHARES.values())
    last, done, telling = student.out.weight, 0, []
    while (done < most) if most is not None else (left() > 0.0):
        batch = bank.batch(REFINING_BATCH, rng)
        given, real = lesson_conditions(batch, rng), torch.from_numpy(batch.latents)
        noise = torch.randn(real.shape, generator=generator)
        painted = finished(student, noise, given, terms.grids[int(rng.choice(counts, p=chances))], fast=fast)
        telling.append(refiner.tell_apart(real, painted, given))
        loss = refiner.joined(lessons(), refiner.passing_loss(painted, given), last)
        muon.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        muon.step(REFINING_RATE * (1.0 - done / most if most is not None else max(left(), 0.0)))
        done += 1
        ema.update(student, first_step + done)
        if done % 25 == 0:
            say(f"round {done:5d} | told apart with a loss of {np.mean(telling[-25:]):.3f} (2: not at all)")
    return done


def judged(before: Denoiser, after: Denoiser, exam: Exam, bank: Bank, terms: Terms, *, fast: bool) -> Verdict:
    """Students before and after refinement: as crowds in their finest grid, and picture by picture in each."""
    given = conditions(bank.validation(CROWD, first=len(exam.noise)), None)
    known = [getattr(given, name) for name in GIVEN]
    noise = torch.randn((CROWD, *exam.noise.shape[1:]), generator=torch.Generator().manual_seed(29))
    likeness = Likeness.of(bank.batch(REAL, np.random.default_rng(37)).latents)
    finest = terms.grids[max(terms.grids)]
    with torch.autocast("cpu", torch.bfloat16, enabled=fast):
        crowds = [paint(net, noise, known, finest).float().numpy() for net in (before, after)]
        far = {n: tuple(exam.distance(paint(net, exam.noise, exam.known(), grid).float()) for net in (before, after))
               for n, grid in terms.grids.items()}  # fmt: skip
    gain, (low, high) = likeness.gain(*crowds)
    return Verdict((likeness.distance(crowds[0]), likeness.distance(crowds[1])), (gain, low, high),
                   {n: (pair[0], pair[1]) for n, pair in far.items()})  # fmt: skip


def train_student(
    *,
    teacher: Path = Path("data/runs/denoiser"),
    folder: Path = Path("data/runs/student"),
    bank: Path = Path("data/bank"),
    autoencoder: Path | None = Path("data/runs/autoencoder"),
    minutes: float | None = None,
    steps: int | None = None,
    adversarial: float = 0.0,
    adversarial_steps: int | None = None,
    guidance: float = 7.0,
    interval: tuple[float, float] = (0.1, 1.0),
    shift: float = 1.0,
    batch: int = 64,
    lr: float = 5e-4,
    room: int = 4096,
    exam_scenes: int = 16,
    gather_batch: int = GATHER_BATCH,
    seed: int = 0,
) -> dict[str, Any]:
    """Distils for `minutes` or for `steps`, whichever ends first, and then refines for `adversarial` minutes or
    `adversarial_steps`; returns a report.

    Raises TrainingError for what is missing or does not belong together.
    """
    if minutes is None and steps is None:
        raise TrainingError("--minutes is needed: the time over which the rate falls to zero")
    run = Run.open(folder, minutes=None if minutes is None else minutes + adversarial)
    torch.manual_seed(seed)
    master, of = load_denoiser(teacher)
    terms = Terms.of(guidance=guidance, interval=interval, shift=shift)
    scenes = Bank(bank)
    fast = mixed_precision()
    master = master.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    student = of_teacher(master).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    ema = Ema(student)
    muon = Muon(student, lr=lr, adam_only=ADAM_ONLY, dtype=torch.bfloat16 if fast else torch.float32)
    step = examples = 0
    spent = 0.0
    if (state := run.load()) is not None:
        if state["config"] != student.config.to_dict() or Terms.from_json(state["terms"]) != terms:
            raise TrainingError(f"{folder} holds a student of another shape or with other grids or guidance; "
                                "move it away, or give --folder")  # fmt: skip
        student.load_state_dict(state["model"])
        ema.load_state_dict(state["ema"])
        muon.load_state_dict(state["optimiser"])
        step, examples, spent = state["step"], state["examples"], state["minutes"]
        run.log(f"resumed at step {step}, {examples} lessons")
    predict = guided(master, terms, fast=fast)
    exam = set_exam(scenes, predict, exam_scenes)
    own = {n: teacher_paints(predict, exam.noise, exam.given, grid) for n, grid in terms.grids.items()}
    before = {n: exam.distance(latents) for n, latents in own.items()}
    run.log("teacher's distance to its own 32 steps, on the student's grids | "
            + " ".join(f"{n}: {d:.3f} (contrast {exam.contrast(own[n]):.2f})" for n, d in before.items()))  # fmt: skip
    pool = Pool(terms, room, SHARES)
    rng = np.random.default_rng([seed, step])
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    gathering, first_step = 0.0, step
    losses: list[float] = []
    report: dict[str, Any] = {"teacher_distance": before}

    def progress() -> float:
        """The share of this run that is done."""
        by_time = run.elapsed() / (minutes * 60) if minutes else 0.0
        return min(max(by_time, (step - first_step) / steps if steps else 0.0), 1.0)

    def learn_from_teacher() -> None:
        given = lesson_conditions(scenes.batch(gather_batch, rng), rng)
        noise = torch.randn((gather_batch, *exam.noise.shape[1:]), generator=generator)
        leads = progress() > STUDENT_LEADS_AFTER and rng.random() < STUDENT_LED
        gather(pool, predict, given, noise, student=student if leads else None, fast=fast)

    def lessons_loss(pool: Pool, count: int) -> torch.Tensor:
        drawn = pool.draw(count, rng)
        wanted = needed(drawn.state, drawn.landed, drawn.times)
        inputs = drawn.state.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            said = student(inputs, *(getattr(drawn.given, name) for name in GIVEN), drawn.times)
        return huber(said - wanted).mean()

    def averaged() -> Denoiser:
        net = of_teacher(master)
        net.load_state_dict(ema.weights)
        return net.eval()

    def look() -> None:
        net = averaged()
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            painted = {n: paint(net, exam.noise, exam.known(), grid).float() for n, grid in terms.grids.items()}
        measured = {n: (exam.distance(latents), exam.contrast(latents)) for n, latents in painted.items()}
        told = " ".join(f"{n}: {d:.3f} (contrast {c:.2f})" for n, (d, c) in measured.items())
        run.log(f"student's distance at {examples} lessons | {told}")
        report["student_distance"] = {n: d for n, (d, _) in measured.items()}
        report["student_contrast"] = {n: c for n, (_, c) in measured.items()}
        if autoencoder is not None:
            from allaprima.train.autoencoder_training import load_autoencoder

            bands = [exam.truth, own[max(own)], *(painted[n] for n in sorted(painted, reverse=True))]
            columns = min(12, len(exam.noise))
            with torch.no_grad():
                pictures = load_autoencoder(autoencoder).decode(torch.cat([band[:columns] for band in bands])).float()
            small = torch.nn.functional.avg_pool2d(pictures, 2)
            save_sheet(small, folder / f"sheet-{examples:08d}.png", columns=columns)

    def record() -> dict[str, Any]:
        return {"config": student.config.to_dict(), "terms": terms.as_json(), "step": step, "examples": examples,
                "minutes": spent + run.elapsed() / 60, "teacher": of, "model": student.state_dict(),
                "ema": ema.weights, "optimiser": muon.state_dict(),
                "validation": {key: {str(n): d for n, d in told.items()} for key, told in report.items()}}  # fmt: skip

    while run.going() and progress() < 1.0:
        taken = step - first_step
        if (taken % GATHER_EVERY == 0 and progress() < NO_MORE) or taken == 0:
            start = run.elapsed()
            for _ in range(GATHER_FIRST if taken == 0 else 1):
                learn_from_teacher()
            gathering += run.elapsed() - start
        loss = lessons_loss(pool, batch)
        muon.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        scale = min(1.0, (step + 1) / WARMUP_STEPS) * (1.0 - progress())
        muon.step(scale)
        step, examples = step + 1, examples + batch
        ema.update(student, step)
        losses.append(loss.item())
        if step % 25 == 0:
            run.log(f"step {step:5d} | lessons {examples:7d} | pool {pool.size} | loss {np.mean(losses):.4f} | "
                    f"lr {lr * scale:.1e} | gathering {gathering / run.elapsed():.0%} | "
                    f"{run.elapsed() / 60:.1f} min")  # fmt: skip
            losses.clear()
        if run.due("checkpoint", every_s=300):
            run.save(record())
            look()
    look()
    run.save(record())
    if (adversarial or adversarial_steps) and not run.stopped:
        kept = {name: value.clone() for name, value in ema.weights.items()}
        unrefined = averaged()
        end = run.elapsed() + adversarial * 60
        rounds = refine(
            student, ema, muon, Refiner(lr=REFINING_RATE * lr, seed=seed), scenes, terms, rng, generator, fast=fast,
            lessons=lambda: lessons_loss(pool, batch // 2), first_step=step, most=adversarial_steps,
            left=lambda: (end - run.elapsed()) / (adversarial * 60) if adversarial and not run.stopped else 0.0,
            say=run.log,
        )  # fmt: skip
        verdict = judged(unrefined, averaged(), exam, scenes, terms, fast=fast)
        run.log(f"{rounds} rounds against a discriminator, {verdict}")
        report["refinement"] = {"rounds": rounds, "taken": verdict.taken, "crowd": list(verdict.crowd),
                                "gain": list(verdict.gain)}  # fmt: skip
        if not verdict.taken:
            ema.load_state_dict(kept)
            student.load_state_dict(kept)
        look()
        run.save(record())
    return {"step": step, "examples": examples, "minutes": spent + run.elapsed() / 60, **report}
