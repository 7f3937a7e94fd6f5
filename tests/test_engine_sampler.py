"""The sampler against what mathematics says of it: no model, no files."""

from __future__ import annotations

import numpy as np
import pytest

from allaprima.engine import schedule
from allaprima.engine.sampler import Prediction, euler, guide, multistep, renoise, sample

SHAPE = (2, 16, 16, 16)


@pytest.fixture
def clean() -> np.ndarray:
    return np.random.default_rng(1).standard_normal(SHAPE, np.float32)


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(2).standard_normal(SHAPE, np.float32)


@pytest.mark.parametrize("solver", ["euler", "multistep"])
def test_a_perfect_model_reaches_the_clean_latent_in_any_number_of_steps(clean, noise, solver) -> None:
    for count in (1, 2, 5):
        steps = list(sample(lambda z, t: Prediction(clean, 1.0), noise, schedule.linear(count), solver=solver))
        assert len(steps) == count
        np.testing.assert_allclose(steps[-1].state, clean, atol=1e-5)
        # On the way every state lies where flow matching puts it.
        for step in steps:
            expected = (1 - step.next_t) * clean + step.next_t * noise
            np.testing.assert_allclose(step.state, expected, atol=1e-5)


def test_multistep_is_exact_for_a_prediction_that_drifts_linearly_and_euler_is_not(clean, noise) -> None:
    """The two-step formula against the integral worked out finely."""
    drift = np.float32(0.7) * noise

    def predict(t: float) -> np.ndarray:
        return clean + t * drift

    t_before, t, s = 0.8, 0.6, 0.3
    state = np.random.default_rng(3).standard_normal(SHAPE, np.float32)
    fine = state.astype(np.float64)
    times = np.linspace(t, s, 20_001)
    for a, b in zip(times, times[1:], strict=False):
        middle = predict((a + b) / 2)
        fine = b / a * fine + (1 - b / a) * middle
    two = multistep(state, predict(t), t, s, t_before, predict(t_before))
    one = euler(state, predict(t), t, s)
    assert np.abs(two - fine).max() < 1e-5
    assert np.abs(one - fine).max() > 1e-2


def test_the_amounts_removed_and_added_tell_the_time(clean, noise) -> None:
    rng = np.random.default_rng(4)
    churn = (0.5, 1.0, 0.25, 0.0)
    walk = sample(
        lambda z, t: Prediction(clean, 2.0), noise, schedule.linear(4),
        churn=churn, fresh_noise=lambda: rng.standard_normal(SHAPE, np.float32),
    )  # fmt: skip
    for step, share in zip(walk, churn, strict=True):
        assert step.t - step.removed + step.added == pytest.approx(step.next_t)
        assert step.added == pytest.approx(step.next_t * share)
        assert step.guidance == 2.0
    assert step.next_t == 0.0
    np.testing.assert_allclose(step.state, clean, atol=1e-5)


def test_renoising_stays_on_the_marginal() -> None:
    rng = np.random.default_rng(5)
    x, e, fresh = rng.standard_normal((3, 200_000)).astype(np.float32)
    low, high = 0.3, 0.7
    again = renoise((1 - low) * x + low * e, fresh, low, high)
    spread = again - (1 - high) * x
    assert spread.std() == pytest.approx(high, rel=0.01)
    np.testing.assert_allclose(renoise(x, fresh, 0.0, 1.0), fresh)


def test_stopping_to_consume_stops_the_work(clean, noise) -> None:
    asked = []

    def denoise(z: np.ndarray, t: float) -> Prediction:
        asked.append(t)
        return Prediction(clean, 1.0)

    walk = sample(denoise, noise, schedule.linear(8))
    next(walk)
    next(walk)
    assert asked == [1.0, 0.875]


def test_churn_out_of_range_is_refused(clean, noise) -> None:
    with pytest.raises(ValueError, match="churn"):
        next(sample(lambda z, t: Prediction(clean, 1.0), noise, schedule.linear(2), churn=(0.5, 1.5)))


def test_guidance_extrapolates_from_the_unconditional_side() -> None:
    one, zero = np.ones(3, np.float32), np.zeros(3, np.float32)
    np.testing.assert_allclose(guide(one, zero, 2.5), [2.5] * 3)
    np.testing.assert_allclose(guide(one, zero, 1.0), one)


@pytest.mark.parametrize("make", [schedule.linear, schedule.cosine, lambda n: schedule.shifted(n, 3.0)])
def test_every_grid_falls_from_one_to_zero(make) -> None:
    for count in (1, 2, 3, 8, 33):
        assert schedule.checked(make(count), count) == make(count)


def test_a_grid_that_is_not_known_is_walked_along_the_nearest_curve() -> None:
    known = {4: schedule.cosine(4), 16: schedule.cosine(16)}
    assert schedule.grid_for(4, known) == known[4]
    assert schedule.grid_for(8, known) == schedule.resample(known[16], 8)
    assert schedule.grid_for(8, known)[1] == pytest.approx(known[16][2])
    assert schedule.grid_for(100, known) == schedule.checked(schedule.resample(known[16], 100), 100)
    assert schedule.grid_for(5, {}) == schedule.linear(5)
    assert schedule.grid_for(5, {1: (1.0, 0.0)}) == schedule.linear(5)


@pytest.mark.parametrize("grid", [(1.0, 0.5), (0.9, 0.0), (1.0, 0.5, 0.5, 0.0), (1.0, float("nan"), 0.0)])
def test_a_broken_grid_is_refused(grid) -> None:
    with pytest.raises(ValueError, match="grid"):
        schedule.checked(grid, len(grid) - 1)
