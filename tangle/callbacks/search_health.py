"""What tells that a search is going wrong, while there is time to stop it."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from torch.optim import Optimizer

from tangle.callbacks.collapse import collapse
from tangle.callbacks.gradient_reach import GradientReach
from tangle.callbacks.staged import waiting_weights
from tangle.core.table import write_table
from tangle.modules import SearchModule
from tangle.modules.options import at_least

log = logging.getLogger(__name__)

_ADVICE = {
    "smallest": "weights trained longer before alphas (model.arch_warmup), or with a smaller "
    "learning rate; networks without normalisation drift there",
    "largest": "a budget, if a smaller network would do",
    "skip": "weights trained longer before alphas (model.arch_warmup), or DrNAS",
}


class SearchHealth(Callback):
    """Keeps `<run>/health.csv`, a row for each epoch of a search, and warns of what looks wrong.

    Columns: `epoch`; `entropy`, the mean over choices of the entropy of softmax(alpha) as a share
    of its largest; `margin`, the smallest lead of a best candidate's weight; `relaxed_loss` and
    `discrete_loss`, on the same validation batches, of the architecture that is trained and of the
    one it would be discretized to; `findings`. The loggers get the first two, as `health/entropy`
    and `health/margin`. Warnings, each given once: alphas or slices of
    weights without any gradient since the start, decisions that are all smallest, all largest or
    all skip.

    Args:
        loss_batches: Validation batches for the two losses; 0 leaves them out.

    Raises:
        ValueError: If the number of batches is negative.
    """

    def __init__(self, loss_batches: int = 4) -> None:
        self.loss_batches = at_least(0, "loss_batches", loss_batches)
        self._rows: list[dict[str, Any]] = []
        self._warned: set[str] = set()
        self._losses: list[tuple[Tensor, Tensor]] = []
        self._weights: GradientReach | None = None
        self._alphas: GradientReach | None = None
        self._trains_arch = False
        self._reached_before: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        """Return the rows so far, and what gradients have reached."""
        watched = {"weights": self._weights, "alphas": self._alphas}
        return {
            "rows": [dict(row) for row in self._rows],
            "warned": sorted(self._warned),
            "trains_arch": self._trains_arch,
            "reached": {n: reach.state_dict() for n, reach in watched.items() if reach is not None},
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._rows, self._warned = list(state_dict["rows"]), set(state_dict["warned"])
        self._trains_arch = state_dict["trains_arch"]
        self._reached_before = state_dict["reached"]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to watch gradients."""
        if isinstance(pl_module, SearchModule):
            self._weights = GradientReach(pl_module.supernet.named_parameters())
            self._alphas = GradientReach(_named_alphas(pl_module))
            for name, reach in (("weights", self._weights), ("alphas", self._alphas)):
                if name in self._reached_before:
                    reach.load_state_dict(self._reached_before[name])
            self._reached_before = {}

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer
    ) -> None:
        """Look at the gradients of an update."""
        is_weights = optimizer is trainer.optimizers[0]
        reach = self._weights if is_weights else self._alphas
        if reach is not None:
            reach.look()
        self._trains_arch |= not is_weights

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Take the two losses of a batch."""
        if batch_idx >= self.loss_batches or not isinstance(pl_module, SearchModule):
            return
        best = pl_module.algorithm.incumbents().get("best")
        relaxed = pl_module.algorithm.draw(pl_module.search_step)[0]
        if best is None or trainer.sanity_checking or not _is_relaxation(relaxed):
            return
        x, target = batch
        self._losses.append(
            tuple(pl_module.task.loss(pl_module(x, arch), target) for arch in (relaxed, best))  # type: ignore[arg-type]
        )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the row of the epoch, and warn."""
        if not isinstance(pl_module, SearchModule):
            return
        findings = self._findings(pl_module)
        certainty = _certainty(pl_module)
        pl_module.log_dict({f"health/{n}": v for n, v in certainty.items()}, sync_dist=True)
        row = {
            "epoch": trainer.current_epoch,
            **certainty,
            **self._mean_losses(),
            "findings": "; ".join(findings.values()),
        }
        self._rows.append(row)
        for name, finding in findings.items():
            if name not in self._warned and trainer.is_global_zero:
                log.warning("Search health: %s", finding)
            self._warned.add(name)
        if trainer.is_global_zero:
            write_table(Path(trainer.default_root_dir) / "health.csv", self._rows)

    def _findings(self, module: SearchModule) -> dict[str, str]:
        """Return what looks wrong, each under a name that it keeps over the epochs."""
        findings = {}
        if self._alphas is not None and self._trains_arch:
            for name, what in self._alphas.untrained().items():
                findings[f"alpha/{name}"] = f"the alphas of {name} have had no gradient, {what}"
        if self._weights is not None:
            waiting = waiting_weights(module)
            for name, what in self._weights.untrained().items():
                if name not in waiting:
                    findings[name] = f"the weight {name} has had no gradient, {what}"
        best = module.algorithm.incumbents().get("best")
        way = collapse(best, module.supernet.space) if best and self._trains_arch else None
        if way is not None:
            findings[way] = f"all decisions are {way}: try {_ADVICE[way]}"
        return findings

    def _mean_losses(self) -> dict[str, float]:
        losses, self._losses = self._losses, []
        if not losses:
            return {}
        means = torch.tensor([[float(loss) for loss in pair] for pair in losses]).mean(0).tolist()
        return dict(
            zip(("relaxed_loss", "discrete_loss"), (round(m, 6) for m in means), strict=True)
        )


def _named_alphas(module: SearchModule) -> list[tuple[str, Any]]:
    """Return the alphas of each choice that leaves something to decide."""
    parameters = getattr(module.algorithm, "arch_parameters", None)
    named = module.algorithm.named_parameters() if parameters is None else parameters.items()
    return [(name, alpha) for name, alpha in named if alpha.numel() > 1]


def _is_relaxation(arch: Any) -> bool:
    return any(isinstance(value, Tensor) for value in arch.values())


def _certainty(module: SearchModule) -> dict[str, float]:
    parameters = getattr(module.algorithm, "arch_parameters", None)
    if parameters is None:
        return {}
    entropies, margins = [], []
    for name, alpha in parameters.items():
        indices = list(module.algorithm.open[name])
        weights = alpha.detach()[indices].softmax(0)
        if len(weights) < 2:
            continue
        entropy = -(weights * weights.clamp_min(1e-30).log()).sum() / math.log(len(weights))
        first, second = weights.topk(2).values
        entropies.append(float(entropy))
        margins.append(float(first - second))
    if not entropies:
        return {}
    return {"entropy": round(sum(entropies) / len(entropies), 6), "margin": round(min(margins), 6)}
