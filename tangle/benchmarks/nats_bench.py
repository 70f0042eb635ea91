"""NAS-Bench-201 by way of the package nats_bench."""

from __future__ import annotations

import csv
import importlib
import io
from pathlib import Path
from typing import Any

from tangle.benchmarks.benchmark import Benchmark
from tangle.benchmarks.nasbench201 import DATASETS, Dataset, nasbench201_space
from tangle.benchmarks.nasbench201_string import write_nasbench201_string
from tangle.core import Architecture
from tangle.core.atomic import write_text

_NAMES: dict[Dataset, str] = {
    "cifar10": "cifar10",
    "cifar100": "cifar100",
    "imagenet16_120": "ImageNet16-120",
}
_EPOCHS = "200"


class NATSBench(Benchmark):
    """Test accuracy of NAS-Bench-201 cells after 200 epochs, percent, the mean over its seeds.

    It asks the package `nats_bench`, which reads the topology space of NATS-Bench (Dong et al.,
    TPAMI 2021), where each architecture is a file of its own. `write_table` makes the CSV file of
    `NASBench201Table`, which also knows ranks and regrets. The package's files are pickled: use
    those of a source that you trust.

    Args:
        path: The folder `NATS-tss-v1_0-3ffb9-simple`.
        dataset: The data set whose accuracy counts.

    Raises:
        ValueError: If the package is not installed.
        FileNotFoundError: If there is no such folder.
    """

    def __init__(self, path: str | Path, dataset: Dataset = "cifar10") -> None:
        if not Path(path).is_dir():
            raise FileNotFoundError(
                f"There is no folder {path}: give that of NATS-tss-v1_0-3ffb9-simple, unpacked"
            )
        try:
            package: Any = importlib.import_module("nats_bench")
        except ImportError:
            raise ValueError(
                "NATSBench needs the package nats_bench, which is not installed: run pip install "
                "nats_bench, or use NASBench201Table with a CSV file"
            ) from None
        self.space = nasbench201_space()
        self.metric = f"{dataset}_test"
        self._api = package.create(str(path), "tss", fast_mode=True, verbose=False)

    def query(self, arch: Architecture) -> dict[str, float]:
        """Return the test accuracy on each data set."""
        return self._accuracies(write_nasbench201_string(self.space.describe(arch)))

    def write_table(self, path: str | Path) -> None:
        """Write all architectures as a CSV file, which takes a while."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["arch", *(f"{dataset}_test" for dataset in DATASETS)])
        for arch in self.space.enumerate():
            string = write_nasbench201_string(self.space.describe(arch))
            writer.writerow([string, *(round(a, 4) for a in self._accuracies(string).values())])
        write_text(path, text.getvalue())

    def _accuracies(self, string: str) -> dict[str, float]:
        options = {"hp": _EPOCHS, "is_random": False}
        return {
            f"{dataset}_test": float(
                self._api.get_more_info(string, _NAMES[dataset], **options)["test-accuracy"]
            )
            for dataset in DATASETS
        }
