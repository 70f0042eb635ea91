from itertools import combinations

import pytest
import torch
from torch import Tensor

from tangle.algorithms.sparsemax import sparsemax


def projection(logits: Tensor) -> Tensor:
    """The closest point of the simplex: the best of the closest points of all its faces."""
    size, best, least = len(logits), torch.zeros_like(logits), float("inf")
    for count in range(1, size + 1):
        for face in combinations(range(size), count):
            chosen = logits[list(face)]
            point = torch.zeros_like(logits)
            point[list(face)] = chosen - (chosen.sum() - 1) / count
            distance = float(((point - logits) ** 2).sum())
            if (point >= 0).all() and distance < least:
                best, least = point, distance
    return best


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 10.0])
def test_it_is_the_closest_point_of_the_simplex(scale: float) -> None:
    for size in (1, 2, 3, 6):
        for _ in range(20):
            logits = scale * torch.randn(size, dtype=torch.float64)
            torch.testing.assert_close(sparsemax(logits), projection(logits))


def test_equal_logits_share_and_distant_ones_are_cut_off_exactly() -> None:
    assert sparsemax(torch.zeros(4)).tolist() == [0.25] * 4
    assert sparsemax(torch.tensor([0.0, 5.0, 5.0, 4.0])).tolist() == [0, 0.5, 0.5, 0]
    assert sparsemax(torch.tensor([1e4, 0.0, -1e4])).tolist() == [1, 0, 0]


def test_rows_are_projected_one_by_one() -> None:
    logits = torch.randn(5, 3, dtype=torch.float64)
    torch.testing.assert_close(sparsemax(logits), torch.stack([projection(row) for row in logits]))


def test_gradient_is_that_of_the_projection() -> None:
    for _ in range(10):
        logits = torch.randn(5, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(sparsemax, (logits,))


def test_candidates_cut_off_get_no_gradient() -> None:
    logits = torch.tensor([2.0, 1.9, -3.0], requires_grad=True)
    (sparsemax(logits) ** 2).sum().backward()
    assert logits.grad is not None
    assert logits.grad[2] == 0
    assert (logits.grad[:2] != 0).all()


def test_half_precision_is_kept() -> None:
    weights = sparsemax(torch.tensor([0.3, 0.1, -0.2], dtype=torch.bfloat16))
    assert weights.dtype == torch.bfloat16
    assert float(weights.sum()) == pytest.approx(1, abs=1e-2)
