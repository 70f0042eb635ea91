import pytest
import torch
from torch import Tensor

from tangle.algorithms import GDAS
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (8, 16, 32))])
ALPHA = torch.tensor([0.5, -0.7, 1.5], dtype=torch.float64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("temperature", [10.0, 0.1])
def test_forward_is_exactly_one_hot(dtype: torch.dtype, temperature: float) -> None:
    search = GDAS(SPACE, start_temperature=temperature)
    weights = search.weigh(ALPHA.to(dtype).expand(1000, -1))
    assert set(weights.unique().tolist()) == {0.0, 1.0}
    assert (weights.sum(-1) == 1).all()


def test_candidates_are_drawn_with_the_softmax_probability_at_any_temperature() -> None:
    for temperature in (10.0, 0.1):
        weights = GDAS(SPACE, start_temperature=temperature).weigh(ALPHA.expand(40_000, -1))
        torch.testing.assert_close(weights.mean(0), ALPHA.softmax(0), rtol=0, atol=0.01)


@pytest.mark.parametrize("temperature", [10.0, 1.0, 0.3])
def test_gradient_is_the_finite_difference_of_the_soft_draw_under_common_random_numbers(
    temperature: float,
) -> None:
    search, step = GDAS(SPACE, start_temperature=temperature), 1e-6
    slope = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)

    def soft(alpha: Tensor, seed: int) -> Tensor:
        """The relaxed draw, written out."""
        torch.manual_seed(seed)
        gumbel = -torch.empty(3, dtype=torch.float64).exponential_().log()
        return ((alpha.log_softmax(0) + gumbel) / temperature).softmax(0)

    for seed in range(5):
        alpha = ALPHA.clone().requires_grad_()
        torch.manual_seed(seed)
        weights = search.weigh(alpha)
        assert int(weights.argmax()) == int(soft(ALPHA, seed).argmax())
        (gradient,) = torch.autograd.grad(weights @ slope, alpha)
        for i in range(3):
            shift = step * torch.eye(3, dtype=torch.float64)[i]
            above, below = (soft(ALPHA + s, seed) @ slope for s in (shift, -shift))
            assert float(gradient[i]) == pytest.approx(
                float(above - below) / (2 * step), rel=1e-5, abs=1e-9
            )


def test_candidates_that_were_not_drawn_get_a_gradient_too() -> None:
    alpha = ALPHA.clone().requires_grad_()
    (GDAS(SPACE).weigh(alpha) @ torch.arange(3, dtype=torch.float64)).backward()
    assert alpha.grad is not None
    assert (alpha.grad != 0).all()
