"""What a rank correlation leaves in its folder, and says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from tangle.cli.rank_figure import draw_rank
from tangle.core.atomic import replacing, write_text
from tangle.core.table import write_table
from tangle.metrics import Correlation, bootstrap, kendall_tau, spearman

_COEFFICIENTS: Mapping[str, Callable[[Sequence[float], Sequence[float]], float]] = {
    "tau": kendall_tau,
    "Spearman": spearman,
}
LEAST = 3
"""Architectures of which there is a rank correlation."""


@dataclass(frozen=True)
class Ranked:
    """What one architecture is worth in two ways.

    Attributes:
        name: Name of its folder.
        architecture: Its values.
        inherited: Its score on validation data with the weights of the supernet.
        retrained: Its score on test data after training from scratch.
        parameters: Learned numbers.
    """

    name: str
    architecture: Mapping[str, Any]
    inherited: float
    retrained: float
    parameters: int


def correlations(rows: Sequence[Ranked], *, seed: int = 0) -> dict[str, Correlation]:
    """Return Kendall's tau and Spearman's coefficient of the two scores, with 95 % intervals."""
    pair = [row.inherited for row in rows], [row.retrained for row in rows]
    return {name: bootstrap(of, *pair, seed=seed) for name, of in _COEFFICIENTS.items()}


def write(rows: Sequence[Ranked], metric: str, out: Path, *, seed: int = 0) -> None:
    """Write the scores so far as rank.csv, and once there are three rank.yaml and rank.png."""
    write_table(out / "rank.csv", [_flat(row, metric) for row in rows])
    if len(rows) < LEAST:
        return
    found = correlations(rows, seed=seed)
    write_text(
        out / "rank.yaml",
        yaml.safe_dump({"metric": metric} | {k: asdict(v) for k, v in found.items()}),
    )
    with replacing(out / "rank.png") as temporary:
        scores = [(row.inherited, row.retrained) for row in rows]
        draw_rank(scores, metric, sentence(found["tau"])).savefig(temporary, dpi=150)


def show(
    rows: Sequence[Ranked],
    metric: str,
    out: Path,
    console: Console,
    *,
    seed: int = 0,
    larger_is_better: bool = True,
) -> None:
    """Print all scores, the best retrained first, and the correlations."""
    table = Table(title=f"{metric} with inherited weights, and trained from scratch")
    table.add_column("architecture")
    for column in ("inherited", "retrained", "parameters"):
        table.add_column(column, justify="right")
    best_first = sorted(rows, key=lambda row: row.retrained, reverse=larger_is_better)
    for row in best_first:
        table.add_row(row.name, f"{row.inherited:.4f}", f"{row.retrained:.4f}",
                      f"{row.parameters:,}")  # fmt: skip
    console.print(table)
    for name, found in correlations(rows, seed=seed).items():
        console.print(sentence(found, name))
    console.print(
        f"Intervals are 95 % of bootstrap draws. {out}/rank.csv has each architecture, rank.png "
        "the picture.",
        markup=False,
        soft_wrap=True,
    )


def sentence(found: Correlation, name: str = "tau") -> str:
    """Return a correlation in words: `tau 0.62 [0.41, 0.78] over 20 architectures`."""
    if found.value != found.value:
        return f"{name} does not exist: all {found.count} architectures have one score"
    low, high = found.low, found.high
    return f"{name} {found.value:.2f} [{low:.2f}, {high:.2f}] over {found.count} architectures"


def _flat(row: Ranked, metric: str) -> dict[str, Any]:
    return {
        "name": row.name,
        f"inherited_{metric}": row.inherited,
        f"retrained_{metric}": row.retrained,
        "parameters": row.parameters,
        **row.architecture,
    }
