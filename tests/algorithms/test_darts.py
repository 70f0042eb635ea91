import math

import pytest
import torch

from tangle.algorithms import DARTS
from tangle.algorithms.sparsemax import sparsemax
from tangle.core import Choice, SearchSpace

SPACE = SearchSpace([Choice("width", (8, 16, 32))])


def test_weights_are_the_softmax_of_the_alphas() -> None:
    alpha = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    total = sum(math.exp(a) for a in alpha.tolist())
    expected = [math.exp(a) / total for a in alpha.tolist()]
    torch.testing.assert_close(
        DARTS(SPACE).weigh(alpha), torch.tensor(expected, dtype=torch.float64)
    )


def test_gradient_is_that_of_the_softmax() -> None:
    alpha = torch.randn(4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(DARTS(SPACE).weigh, (alpha,))


def test_draw_has_no_noise() -> None:
    algorithm = DARTS(SPACE)
    draws = [algorithm.draw(step, purpose)[0]["width"] for step in (0, 5) for purpose in "ab"]
    assert all(torch.equal(weights, draws[0]) for weights in draws)


def test_large_alphas_do_not_overflow() -> None:
    weights = DARTS(SPACE).weigh(torch.tensor([1e4, 0.0, -1e4]))
    assert weights.tolist() == [1.0, 0.0, 0.0]


def test_sparsemax_is_the_other_projection() -> None:
    algorithm = DARTS(SPACE, projection="sparsemax")
    (alpha,) = algorithm.parameters()
    alpha.data = torch.tensor([0.5, -1.0, 0.9])
    (weights,) = algorithm.sample()
    torch.testing.assert_close(weights["width"], sparsemax(alpha))
    assert weights["width"][1] == 0


def test_an_unknown_projection_is_refused() -> None:
    with pytest.raises(ValueError, match="projection is 'hard': it must be softmax or sparsemax"):
        DARTS(SPACE, projection="hard")  # type: ignore[arg-type]
