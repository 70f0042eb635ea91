"""What a comparison leaves in its folder, and says in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from tangle.core.atomic import replacing, write_text
from tangle.core.table import write_table
from tangle.report import Comparison, draw_anytime
from tangle.report.run import Run

Method = tuple[str, str | None, str]
"""Names of the search, of the second stage's sampler, and of the method."""


@dataclass(frozen=True)
class Results:
    """The results that a comparison has so far.

    Attributes:
        out: Its folder.
        methods: The methods.
        seeds: Number of seeds.
    """

    out: Path
    methods: Sequence[Method]
    seeds: int

    def write_and_show(self) -> None:
        """Write the table in three forms and the any-time figure, and show the table."""
        rows = list(self._rows())
        if not rows:
            return
        score = "accuracy" if "accuracy" in rows[0] else "loss"
        comparison = Comparison(rows, score)
        write_table(self.out / "results.csv", rows)
        write_text(self.out / "table.md", comparison.markdown())
        write_text(self.out / "table.tex", comparison.latex())
        self._draw(score)
        header, *lines = comparison.lines()
        table = Table(title="Networks found, trained from scratch: mean ± std over seeds")
        for column in header:
            table.add_column(column, justify="left" if column == "method" else "right")
        for line in lines:
            table.add_row(*line)
        console = Console()
        console.print(table)
        console.print(
            f"{self.out}/results.csv has each seed, table.md and table.tex this table, "
            "anytime.png the search over time."
        )

    def _rows(self) -> Iterator[dict[str, Any]]:
        for search, sampler, _ in self.methods:
            for folder in self._folders(search):
                result = folder / (sampler or "argmax") / "result.yaml"
                if result.is_file():
                    yield yaml.safe_load(result.read_text(encoding="utf-8"))

    def _folders(self, search: str) -> list[Path]:
        return [self.out / search / f"seed{seed}" for seed in range(self.seeds)]

    def _draw(self, score: str) -> None:
        """Draw the validation score of those methods that name a best architecture in between."""
        column = f"val/best/{score}"
        curves = {
            name: [
                Run(folder / "search").curve(column)
                for folder in self._folders(search)
                if (folder / "search" / "config.yaml").is_file()
            ]
            for search, sampler, name in self.methods
            if sampler is None
        }
        label = f"validation {score}"
        figure = draw_anytime(curves, label, larger_is_better=score == "accuracy")
        with replacing(self.out / "anytime.png") as temporary:
            figure.savefig(temporary, dpi=150)
