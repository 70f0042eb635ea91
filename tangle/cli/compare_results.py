"""What a comparison leaves in its folder, and says in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from rich.console import Console
from rich.table import Table

from tangle.core.atomic import replacing, write_text
from tangle.core.table import read_table, write_table
from tangle.report import Comparison, draw_anytime
from tangle.report.run import larger_is_better

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
        score = _score(rows)
        comparison = Comparison(rows, score)
        write_table(self.out / "results.csv", rows)
        write_text(self.out / "table.md", comparison.markdown())
        write_text(self.out / "table.tex", comparison.latex())
        self._write_anytime()
        header, *lines = comparison.lines()
        judged = "by the benchmark" if score.startswith("benchmark/") else "trained from scratch"
        table = Table(title=f"Networks found, {judged}: mean ± std over seeds")
        for column in header:
            is_name = column == "method"  # others are rather torn than cut
            justify: Literal["left", "right"] = "left" if is_name else "right"
            table.add_column(column, justify=justify, no_wrap=is_name, overflow="fold")
        for line in lines:
            table.add_row(*line)
        console = Console(markup=False)
        console.print(table)
        console.print(
            f"{self.out}/results.csv has each seed, table.md and table.tex this table, "
            "anytime.png and anytime.csv the search over time.",
            soft_wrap=True,
        )

    def _rows(self) -> Iterator[dict[str, Any]]:
        for _, part in self._parts():
            if (part / "result.yaml").is_file():
                yield yaml.safe_load((part / "result.yaml").read_text(encoding="utf-8"))

    def _parts(self) -> Iterator[tuple[tuple[str, int], Path]]:
        """Yield (method, seed) and the folder of their result."""
        for search, sampler, name in self.methods:
            for seed in range(self.seeds):
                yield (name, seed), self.out / search / f"seed{seed}" / (sampler or "argmax")

    def _write_anytime(self) -> None:
        """Write and draw what each method's best architecture was worth over seconds."""
        tables = {key: read_table(part / "curve.csv") for key, part in self._parts()}
        rows = [
            {"method": method, "seed": seed, **row}
            for (method, seed), table in tables.items()
            for row in table
        ]
        if not rows:
            return
        write_table(self.out / "anytime.csv", rows)
        scores = [list(row)[-1] for table in tables.values() for row in table]
        score = max(dict.fromkeys(scores), key=scores.count)
        curves: dict[str, list[list[tuple[float, float]]]] = {}
        for (method, _), table in tables.items():
            points = [(float(row["seconds"]), float(row[score])) for row in table if score in row]
            curves.setdefault(method, []).append(points)
        # A benchmark's score must not choose the architecture that it judges.
        looked_up = score.startswith("benchmark/")
        figure = draw_anytime(
            curves,
            score.removeprefix("benchmark/") if looked_up else f"validation {score}",
            larger_is_better=larger_is_better(score),
            best_so_far=not looked_up,
        )
        with replacing(self.out / "anytime.png") as temporary:
            figure.savefig(temporary, dpi=150)


def _score(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the score that most rows have: a benchmark may know only some of the methods."""
    kinds = ("accuracy", "loss", "benchmark/")
    found = [name for row in rows for name in row if name.startswith(kinds)]
    return max(dict.fromkeys(found), key=found.count)
