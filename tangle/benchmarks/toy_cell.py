"""The table of the toy cell space."""

from __future__ import annotations

from pathlib import Path

from tangle.benchmarks.scores import by_architecture, read_scores
from tangle.benchmarks.tabular import TabularBenchmark
from tangle.benchmarks.toy_cell_key import EDGES, KINDS, OPERATIONS
from tangle.core import Choice, SearchSpace


class ToyCellTable(TabularBenchmark):
    """Accuracy on Fashion-MNIST of all 4,096 toy cells, percent, one training each.

    The authors of the TangleNAS paper trained each for 200 epochs. Differences below about 0.25
    points are noise of that one training. The file has the columns `normal_n1_from0`,
    `normal_n2_from0`, `normal_n2_from1`, the same for `reduce`, and `test_acc`, `train_acc` and
    `latency_gpu_mean_us`; others are ignored: the numbers of parameters are of another
    architecture than that of their row, and the CPU latencies are noise.

    Args:
        path: The CSV file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a column or an architecture is missing, double, or unknown.
    """

    def __init__(self, path: str | Path) -> None:
        choices = [Choice(f"{kind}_{edge}", OPERATIONS) for kind in KINDS for edge in EDGES]
        space = SearchSpace(choices)
        scores = read_scores(path, list(space), ("test_acc", "train_acc", "latency_gpu_mean_us"))
        super().__init__(
            space,
            by_architecture(scores, space, path),
            metric="test_acc",
            source=str(path),
        )
