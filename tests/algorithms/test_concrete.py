import pytest
import torch
from torch import Tensor

from tangle.algorithms import GDAS, SNAS, Concrete
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (8, 16, 32))])
ALPHA = torch.tensor([0.5, -0.7, 1.5], dtype=torch.float64)
DRAWS = 40_000


@pytest.mark.parametrize(("algorithm", "start", "end"), [(GDAS, 10, 0.1), (SNAS, 1, 0.03)])
def test_temperature_falls_linearly_from_the_first_to_the_last_epoch(
    algorithm: type[Concrete], start: float, end: float
) -> None:
    search = algorithm(SPACE)
    assert search.temperature == start
    for epoch in range(5):
        search.anneal(epoch / 4)
        assert search.temperature == pytest.approx(start + (end - start) * epoch / 4)
    assert search.temperature == pytest.approx(end)


def test_temperatures_are_options() -> None:
    search = GDAS(SPACE, start_temperature=4.0, end_temperature=2.0)
    search.anneal(0.5)
    assert search.temperature == 3.0


@pytest.mark.parametrize("algorithm", [GDAS, SNAS])
@pytest.mark.parametrize("option", ["start_temperature", "end_temperature"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_not_positive_is_refused(
    algorithm: type[Concrete], option: str, value: float
) -> None:
    with pytest.raises(ValueError, match=f"{option} is {value}: it must be above 0"):
        algorithm(SPACE, **{option: value})


@pytest.mark.parametrize("temperature", [0.03, 1.0, 10.0])
def test_the_largest_weight_is_drawn_with_the_softmax_probability(temperature: float) -> None:
    """The Gumbel-max trick, at any temperature."""
    weights = SNAS(SPACE, start_temperature=temperature).relaxed(ALPHA.expand(DRAWS, -1))
    torch.testing.assert_close(weights.sum(-1), torch.ones(DRAWS, dtype=torch.float64))
    counts = torch.bincount(weights.argmax(-1), minlength=3) / DRAWS
    torch.testing.assert_close(
        counts.double(), ALPHA.softmax(0), rtol=0, atol=4 * 0.5 * DRAWS**-0.5
    )


def test_two_candidates_follow_the_logistic_normal_of_the_paper() -> None:
    """The logit of a weight is (difference of alphas + logistic noise) / temperature."""
    temperature, alpha = 0.7, torch.tensor([0.4, -0.3], dtype=torch.float64)
    weights = SNAS(SPACE, start_temperature=temperature).relaxed(alpha.expand(DRAWS, -1))
    noise = weights[:, 0].logit() * temperature - (alpha[0] - alpha[1])
    for level in (-2.0, 0.0, 1.0):
        expected = float(torch.tensor(level).sigmoid())
        share = float((noise < level).double().mean())
        assert share == pytest.approx(expected, abs=4 * 0.5 * DRAWS**-0.5)


def test_gradient_of_a_draw_is_the_finite_difference_under_common_random_numbers() -> None:
    search, step = SNAS(SPACE, start_temperature=0.6), 1e-6

    def draw(alpha: Tensor, seed: int) -> Tensor:
        torch.manual_seed(seed)
        return search.relaxed(alpha)

    for seed in range(5):
        jacobian = torch.autograd.functional.jacobian(lambda a, s=seed: draw(a, s), ALPHA)
        for i in range(3):
            shift = step * torch.eye(3, dtype=torch.float64)[i]
            difference = (draw(ALPHA + shift, seed) - draw(ALPHA - shift, seed)) / (2 * step)
            torch.testing.assert_close(jacobian[:, i], difference, rtol=1e-6, atol=1e-8)


def test_a_cold_draw_is_nearly_one_hot_and_a_hot_one_nearly_even() -> None:
    cold = SNAS(SPACE, start_temperature=1e-3).relaxed(ALPHA.expand(200, -1)).max(-1).values
    hot = SNAS(SPACE, start_temperature=1e3).relaxed(ALPHA.expand(200, -1))
    assert cold.median() > 0.999
    torch.testing.assert_close(hot, torch.full_like(hot, 1 / 3), rtol=0, atol=0.02)


def test_a_draw_of_zero_noise_stays_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tensor, "exponential_", lambda tensor: tensor.zero_())
    assert SNAS(SPACE).relaxed(ALPHA).isfinite().all()


@pytest.mark.parametrize("algorithm", [GDAS, SNAS])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_alphas_draw_too(algorithm: type[Concrete], dtype: torch.dtype) -> None:
    alpha = torch.zeros(3, dtype=dtype, requires_grad=True)
    weights = algorithm(SPACE).weigh(alpha)
    assert weights.dtype == dtype
    (weights * torch.arange(3)).sum().backward()
    assert alpha.grad is not None
    assert alpha.grad.abs().max() > 0


@pytest.mark.parametrize("value", [-1e4, 1e4])
def test_extreme_alphas_give_finite_weights_and_gradients(value: float) -> None:
    alpha = torch.tensor([value, 0.0, 0.5], requires_grad=True)
    weights = SNAS(SPACE, start_temperature=0.03).weigh(alpha)
    (weights * torch.arange(3)).sum().backward()
    assert alpha.grad is not None
    assert weights.isfinite().all()
    assert alpha.grad.isfinite().all()
