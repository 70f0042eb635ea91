"""How good the search is after each epoch, and what it took to get there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.benchmarks.benchmark import Benchmark
from tangle.callbacks.score_figure import draw_score
from tangle.core import Architecture, SearchSpace
from tangle.core.atomic import replacing
from tangle.core.table import write_table
from tangle.metrics import count_parameters
from tangle.modules import SearchModule


class Anytime(Callback):
    """Keeps `<run>/anytime.csv`, with one row for each epoch of a search.

    Columns are `epoch` (from 0), `seconds` of training so far (validation left out, over all
    resumed runs), the validation metrics with inherited weights, and for an algorithm that names a
    best architecture its number of `parameters` and the value of each choice. Rows of epochs that
    a killed run did not get into its checkpoint are written anew.

    With a benchmark they also have what it knows of the best architecture, as
    `benchmark/<metric>`, and `<run>/anytime.png` shows the metric that counts over seconds.

    Args:
        benchmark: Knows the score of every architecture of the space.
    """

    def __init__(self, benchmark: Benchmark | None = None) -> None:
        self.benchmark = benchmark
        self._rows: list[dict[str, Any]] = []
        self._seconds = 0.0
        self._running_since: float | None = None
        self._validated = False

    def state_dict(self) -> dict[str, Any]:
        """Return rows and seconds so far."""
        return {"rows": [dict(row) for row in self._rows], "seconds": self._elapsed()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the rows and seconds of a checkpoint."""
        self._rows = list(state_dict["rows"])
        self._seconds = state_dict["seconds"]

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check that the benchmark knows the search space.

        Raises:
            ValueError: If it knows another one.
        """
        if self.benchmark is not None and isinstance(pl_module, SearchModule):
            space = pl_module.supernet.space
            for arch in (space.smallest(), space.largest()):
                self._query(space, arch)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Bring the file back to the state of the checkpoint."""
        self._start_clock()  # which an epoch does too, but not if it is resumed within
        if self._rows:
            self._write(trainer)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._start_clock()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clock."""
        self._stop_clock()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock again."""
        if not trainer.sanity_checking:
            self._validated = True
            self._start_clock()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the row of the epoch."""
        self._stop_clock()
        if not isinstance(pl_module, SearchModule):
            return
        metrics = trainer.callback_metrics if self._validated else {}  # else those of before
        self._validated = False
        self._rows.append(
            {
                "epoch": trainer.current_epoch,
                "seconds": round(self._seconds, 3),
                **{n: float(value) for n, value in metrics.items() if n.startswith("val/")},
                **self._description(pl_module),
            }
        )
        self._write(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw what the benchmark knows over time."""
        if self.benchmark is None or not trainer.is_global_zero:
            return
        column = f"benchmark/{self.benchmark.metric}"
        points = [(row["seconds"], row[column]) for row in self._rows if column in row]
        if points:
            with replacing(Path(trainer.default_root_dir) / "anytime.png") as temporary:
                draw_score(points, self.benchmark.metric).savefig(temporary, dpi=150)

    def _write(self, trainer: Trainer) -> None:
        if trainer.is_global_zero:
            write_table(Path(trainer.default_root_dir) / "anytime.csv", self._rows)

    def _elapsed(self) -> float:
        running = 0.0 if self._running_since is None else time.monotonic() - self._running_since
        return self._seconds + running

    def _start_clock(self) -> None:
        self._seconds, self._running_since = self._elapsed(), time.monotonic()

    def _stop_clock(self) -> None:
        self._seconds, self._running_since = self._elapsed(), None

    def _description(self, module: SearchModule) -> dict[str, Any]:
        best = module.algorithm.incumbents().get("best")
        if best is None:
            return {}
        space = module.supernet.space
        parameters = count_parameters(module.supernet.extract(best))
        return {"parameters": parameters, **self._query(space, best), **space.describe(best)}

    def _query(self, space: SearchSpace, arch: Architecture) -> dict[str, float]:
        if self.benchmark is None:
            return {}
        return {f"benchmark/{n}": value for n, value in self.benchmark.lookup(arch, space).items()}
