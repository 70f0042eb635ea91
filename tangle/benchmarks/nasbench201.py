"""A table of NAS-Bench-201."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tangle.benchmarks.nasbench201_string import NODES, OPERATIONS, read_nasbench201_string
from tangle.benchmarks.scores import read_scores
from tangle.benchmarks.tabular import TabularBenchmark
from tangle.core import Choice, SearchSpace

Dataset = Literal["cifar10", "cifar100", "imagenet16_120"]
DATASETS: tuple[Dataset, ...] = ("cifar10", "cifar100", "imagenet16_120")


class NASBench201Table(TabularBenchmark):
    """Test accuracy of all 15,625 cells of NAS-Bench-201 on three data sets, percent.

    The file has the columns `arch`, the cell as `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, and
    `cifar10_test`, `cifar100_test` and `imagenet16_120_test`; others are ignored. It does not come
    with the package. Those who have the files of NATS-Bench can make it by
    `NATSBench(path).write_table("nasbench201.csv")`.

    Args:
        path: The CSV file.
        dataset: The data set whose accuracy counts.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a column or an architecture is missing, double, or unknown.
    """

    def __init__(self, path: str | Path, dataset: Dataset = "cifar10") -> None:
        space = nasbench201_space()
        scores = read_scores(path, ("arch",), [f"{name}_test" for name in DATASETS])
        rows = {}
        for (text,), row in scores.items():
            try:
                arch = space.parse(read_nasbench201_string(text))
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from None
            rows[tuple(arch.values())] = row
        super().__init__(space, rows, metric=f"{dataset}_test", source=str(path))


def nasbench201_space() -> SearchSpace:
    """Return the space of NAS-Bench-201, its choices named as those of the network are."""
    edges = ((node, source) for node in NODES for source in range(node))
    return SearchSpace([Choice(f"n{node}_from{source}", OPERATIONS) for node, source in edges])
