"""The table of the toy conv-macro space."""

from __future__ import annotations

from pathlib import Path

from tangle.benchmarks.scores import by_architecture, read_scores
from tangle.benchmarks.tabular import TabularBenchmark
from tangle.core import Choice, SearchSpace

CHANNELS = ((8, 16, 32), (16, 32, 64), (32, 64, 128), (64, 128, 256))
KERNEL_SIZES = (3, 5, 7)
FAILED_BELOW = 50.0
"""Percent. Of the 6,561 trainings 67 are at 10.0 or between 26 and 39, all others above 69."""


class ToyConvMacroTable(TabularBenchmark):
    """Accuracy on CIFAR-10 of all 6,561 toy conv-macro networks, percent, one training each.

    From the authors of the TangleNAS paper, measured with dropout on. `failed` is 1 for the 67
    architectures whose training failed. The file has the columns `c1` to `c4`, `k1` to `k4`,
    `test_acc` and `train_acc`; others are ignored.

    Args:
        path: The CSV file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a column or an architecture is missing, double, or unknown.
    """

    def __init__(self, path: str | Path) -> None:
        space = SearchSpace([
            *(Choice(f"channels_{i}", widths) for i, widths in enumerate(CHANNELS, 1)),
            *(Choice(f"kernel_size_{i}", KERNEL_SIZES) for i in range(1, 5)),
        ])  # fmt: skip
        keys = [f"{letter}{i}" for letter in "ck" for i in range(1, 5)]
        scores = read_scores(path, keys, ("test_acc", "train_acc"))
        super().__init__(
            space,
            by_architecture(scores, space, path),
            metric="test_acc",
            failed_below=FAILED_BELOW,
            source=str(path),
        )
