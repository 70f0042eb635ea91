"""How the decision was made: architecture weights over time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from tangle.callbacks.logger_pages import log_histogram, log_table
from tangle.core.atomic import replacing
from tangle.core.table import read_table, write_table
from tangle.modules import SearchModule
from tangle.report.arch_figure import draw_arch_weights


class ArchLogger(Callback):
    """Keeps `<run>/arch_weights.csv` and, at the end, draws it as `<run>/arch_weights.png`.

    A weight is the softmax of a choice's alphas, whatever the algorithm makes of them: one number
    that is comparable between algorithms, and without their noise. Columns are `update`, the number
    of updates so far, and `<choice>=<value>` for every candidate. The loggers get
    `arch_weights/<choice>/<value>` after each epoch. TensorBoard and Weights & Biases also get a
    histogram of all of them after each epoch, and the last ones as a table; Weights & Biases the
    figure, and MLflow both files. Algorithms without alphas are left alone.

    Args:
        every_n_updates: Updates between rows within an epoch; None for rows only after epochs.

    Raises:
        ValueError: If the interval is not positive.
    """

    def __init__(self, every_n_updates: int | None = None) -> None:
        if every_n_updates is not None and every_n_updates < 1:
            raise ValueError(f"every_n_updates is {every_n_updates}: it must be at least 1")
        self.every_n_updates = every_n_updates
        self._rows: list[dict[str, Any]] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the rows of a resumed run up to its checkpoint, or begin with one of now."""
        if not _alphas(pl_module):
            return
        assert isinstance(pl_module, SearchModule)
        if trainer.ckpt_path is not None:
            rows = read_table(_path(trainer, "csv"))
            self._rows = [row for row in rows if int(row["update"]) <= pl_module.search_step]
        if not self._rows:
            self._add(pl_module)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Add a row, if it is time."""
        if self.every_n_updates is None or not _alphas(pl_module):
            return
        assert isinstance(pl_module, SearchModule)
        if pl_module.is_between_updates and pl_module.search_step % self.every_n_updates == 0:
            self._add(pl_module)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Write the rows so far, which a run that is resumed from this checkpoint goes on with."""
        if self._rows and trainer.is_global_zero:
            write_table(_path(trainer, "csv"), self._rows)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add a row, write all of them, and tell the loggers."""
        alphas = _alphas(pl_module)
        if not alphas:
            return
        assert isinstance(pl_module, SearchModule)
        self._add(pl_module)
        if trainer.is_global_zero:
            write_table(_path(trainer, "csv"), self._rows)
        names = _names(pl_module, alphas, "arch_weights/{}/{}")
        weights = _weights(alphas)
        pl_module.log_dict(dict(zip(names, weights, strict=True)), sync_dist=True)
        if trainer.is_global_zero:
            # The step at which Lightning logs the numbers.
            log_histogram(trainer.loggers, weights, trainer.fit_loop.total_batch_idx)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the figure, and hand the results to the loggers."""
        alphas = _alphas(pl_module)
        if not alphas or not trainer.is_global_zero:
            return
        assert isinstance(pl_module, SearchModule)
        figure = draw_arch_weights(self._rows, pl_module.supernet.space)
        with replacing(_path(trainer, "png")) as temporary:
            figure.savefig(temporary, dpi=150)
        space = pl_module.supernet.space
        named = [(name, value) for name in alphas for value in space[name].candidates]
        rows = [(*pair, weight) for pair, weight in zip(named, _weights(alphas), strict=True)]
        log_table(trainer.loggers, rows, [_path(trainer, "csv"), _path(trainer, "png")])

    def _add(self, module: SearchModule) -> None:
        alphas = _alphas(module)
        if self._rows and int(self._rows[-1]["update"]) == module.search_step:
            return
        weights = [round(weight, 6) for weight in _weights(alphas)]
        row = dict(zip(_names(module, alphas, "{}={}"), weights, strict=True))
        self._rows.append({"update": module.search_step, **row})


def _alphas(module: LightningModule) -> Mapping[str, Tensor]:
    """Return the alphas of each choice; none if this is no search by them."""
    if not isinstance(module, SearchModule):
        return {}
    parameters = getattr(module.algorithm, "arch_parameters", None)
    return {} if parameters is None else dict(parameters.items())


def _weights(alphas: Mapping[str, Tensor]) -> list[float]:
    return [weight for alpha in alphas.values() for weight in alpha.detach().softmax(0).tolist()]


def _names(module: SearchModule, alphas: Mapping[str, Tensor], pattern: str) -> list[str]:
    space = module.supernet.space
    return [pattern.format(name, value) for name in alphas for value in space[name].candidates]


def _path(trainer: Trainer, suffix: str) -> Path:
    return Path(trainer.default_root_dir) / f"arch_weights.{suffix}"
