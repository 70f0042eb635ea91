"""What a run's folder tells."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tangle.core import Choice
from tangle.core.table import read_table

Rows = Sequence[Mapping[str, str]]

MONITORED = ("accuracy", "perplexity")
"""Metrics by which the tasks compare networks."""


def larger_is_better(score: str) -> bool:
    """Return whether more of a score is better, by its name.

    >>> larger_is_better("val/best/accuracy"), larger_is_better("perplexity")
    (True, False)
    """
    return not score.endswith(("loss", "perplexity"))


@dataclass(frozen=True)
class Run:
    """A run's folder, read piece by piece; only its text files and the names of its weights.

    Attributes:
        path: The folder.
    """

    path: Path

    def __post_init__(self) -> None:
        """Check that there is something to tell.

        Raises:
            FileNotFoundError: If the folder holds no run.
        """
        if not (self.path / "config.yaml").is_file():
            raise FileNotFoundError(
                f"{self.path} holds no run, as {self.path / 'config.yaml'} does not exist: give "
                "the folder of a search, such as runs/latest"
            )

    @property
    def name(self) -> str:
        """The name of the folder, which a path like `.` does not tell."""
        return self.path.resolve().name

    @cached_property
    def config(self) -> dict[str, Any]:
        """The whole configuration."""
        return self._yaml("config.yaml")

    @property
    def algorithm(self) -> str:
        """The name of the search algorithm; of the module if it is no search."""
        module = self.config.get("model") or {}
        part = module.get("init_args", {}).get("algorithm") or module
        return str(part.get("class_path", "unknown")).rpartition(".")[2]

    @property
    def seed(self) -> int | str:
        """The seed."""
        return self.config.get("seed_everything", "")  # type: ignore[no-any-return]

    @cached_property
    def architecture_file(self) -> dict[str, Any]:
        """The architecture found, with its provenance; empty if the run names none."""
        return self._yaml("architecture.yaml")

    @property
    def architecture(self) -> dict[str, Any]:
        """The value of each choice."""
        return dict(self.architecture_file.get("architecture") or {})

    @cached_property
    def anytime(self) -> Rows:
        """What the search was worth after each epoch."""
        return self.table("anytime.csv")

    @cached_property
    def arch_weights(self) -> Rows:
        """Architecture weights over updates."""
        return self.table("arch_weights.csv")

    @cached_property
    def health(self) -> Rows:
        """Certainty and findings after each epoch."""
        return self.table("health.csv")

    @property
    def choices(self) -> dict[str, Choice]:
        """The choices that have architecture weights, their candidates as text."""
        candidates: dict[str, list[str]] = {}
        for column in self.arch_weights[0] if self.arch_weights else ():
            name, equals, value = column.partition("=")
            if equals:
                candidates.setdefault(name, []).append(value)
        return {name: Choice(name, tuple(values)) for name, values in candidates.items()}

    @property
    def score(self) -> str | None:
        """The name of the validation metric to judge the search by, `val/best/accuracy` say."""
        columns = self.anytime[0] if self.anytime else {}
        names = [name for name in columns if name.startswith("val/")]
        liked = (n for end in MONITORED for n in names if n.endswith(end))
        return next(liked, names[0] if names else None)

    @property
    def seconds(self) -> float | None:
        """Seconds of training."""
        return float(self.anytime[-1]["seconds"]) if self.anytime else None

    @property
    def epochs(self) -> int:
        """Epochs of which there is something to tell."""
        told = [float(row["epoch"]) for row in self.anytime[-1:]] or dict(self.losses("train/loss"))
        return int(max(told, default=-1)) + 1

    def curve(self, column: str) -> list[tuple[float, float]]:
        """Return a column of the any-time table over seconds."""
        return [
            (float(row["seconds"]), float(row[column])) for row in self.anytime if row.get(column)
        ]

    def losses(self, column: str) -> list[tuple[float, float]]:
        """Return the mean of a logged loss in each epoch, over all files of a resumed run."""
        by_epoch: dict[int, list[float]] = {}
        folders = (self.path / "csv").glob("version_*")
        for folder in sorted(folders, key=lambda f: int(f.name.rpartition("_")[2])):
            fresh: dict[int, list[float]] = {}
            for row in read_table(folder / "metrics.csv"):
                if row.get(column):
                    fresh.setdefault(int(row["epoch"]), []).append(float(row[column]))
            by_epoch |= fresh  # an epoch that was begun again replaces its first part
        return [(epoch, sum(v) / len(v)) for epoch, v in sorted(by_epoch.items())]

    @cached_property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight of the network found, from the file's header alone."""
        path = self.path / "subnet" / "weights.safetensors"
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        return {n: tuple(part["shape"]) for n, part in header.items() if n != "__metadata__"}

    @cached_property
    def selections(self) -> dict[str, dict[str, Any]]:
        """The file of the architecture that each second stage chose, by the stage's name."""
        found = sorted(self.path.glob("selection/*/architecture.yaml"))
        return {path.parent.name: self._yaml(str(path.relative_to(self.path))) for path in found}

    def metrics(self, verb: str) -> dict[str, float]:
        """Return the metrics that `tangle validate` or `tangle test` kept; none if not run."""
        return self._yaml(f"{verb}.yaml")

    def table(self, name: str) -> Rows:
        """Return the rows of a CSV file of the run; none if there is no such file."""
        return read_table(self.path / name)

    def _yaml(self, name: str) -> dict[str, Any]:
        path = self.path / name
        if not path.is_file():
            return {}
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
