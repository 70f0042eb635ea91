"""How well one score orders architectures as another one does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Correlation:
    """A rank correlation and its uncertainty.

    Attributes:
        value: The coefficient, in [-1, 1].
        low: Lower end of the bootstrap interval.
        high: Upper end of the bootstrap interval.
        count: Number of pairs.
    """

    value: float
    low: float
    high: float
    count: int


def kendall_tau(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Kendall's tau-b of paired scores: concordant minus discordant pairs, ties allowed for.

    It is nan where all scores of a side are equal.

    >>> round(kendall_tau([1, 2, 3], [10, 30, 20]), 3)
    0.333
    """
    # Here, as torchmetrics takes longer to import than torch, and few need ranks.
    from torchmetrics.functional.regression import kendall_rank_corrcoef

    tau = kendall_rank_corrcoef(*_pair(one, other))
    assert isinstance(tau, Tensor)  # two come with a test of significance only
    return float(tau)


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Spearman's coefficient: the correlation of ranks, equal scores sharing the mean rank.

    It is nan where all scores of a side are equal.

    >>> round(spearman([1, 2, 3], [10, 30, 20]), 3)
    0.5
    """
    from torchmetrics.functional.regression import spearman_corrcoef  # slow to import

    return float(spearman_corrcoef(*_pair(one, other)))


def bootstrap(
    coefficient: Callable[[Sequence[float], Sequence[float]], float],
    one: Sequence[float],
    other: Sequence[float],
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Correlation:
    """Return a rank correlation with a percentile bootstrap interval over the pairs.

    Args:
        coefficient: `kendall_tau` or `spearman`.
        one: A score of each architecture, such as the inherited accuracy.
        other: Another score of each, such as the accuracy after retraining.
        resamples: Draws of as many pairs, with replacement.
        level: Share of the draws that the interval spans, in (0, 1).
        seed: Of the draws.

    Raises:
        ValueError: If the numbers of scores differ, or there are fewer than three, or an option is
            out of range.
    """
    if not 0 < level < 1 or resamples < 1:
        raise ValueError(
            f"level is {level} and resamples is {resamples}: they must be in (0, 1) and at least 1"
        )
    x, y = _pair(one, other)
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randint(len(x), (resamples, len(x)), generator=generator)
    values = torch.tensor(
        [coefficient(x[draw].tolist(), y[draw].tolist()) for draw in draws], dtype=torch.float64
    )
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = values.nanquantile(ends).tolist()
    return Correlation(coefficient(one, other), low, high, len(x))


def _pair(one: Sequence[float], other: Sequence[float]) -> tuple[Tensor, Tensor]:
    if len(one) != len(other) or len(one) < 3:
        raise ValueError(
            f"There are {len(one)} and {len(other)} scores: a rank correlation needs two of each "
            "architecture, and at least 3 architectures"
        )
    x, y = (torch.tensor(list(scores), dtype=torch.float64) for scores in (one, other))
    return x, y
