"""From a search to a network on disk."""

from __future__ import annotations

import logging
import os
import shlex
import tempfile
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from safetensors.torch import save_model

from tangle.core import Architecture, save_architecture
from tangle.modules import SearchModule, SubnetModule

log = logging.getLogger(__name__)

ARCHITECTURE = "architecture.yaml"
SUBNET = "subnet"


class Discretize(Callback):
    """Keeps the best architecture in `<run>/architecture.yaml`, and its network at the end.

    The file is written before the first epoch and after each one. The network is in
    `<run>/subnet`: `weights.safetensors`, inherited from the supernet, with running statistics of
    its own, and `architecture.yaml`. A two-stage algorithm names no best architecture; then
    nothing is written, as the second stage chooses. Where a found network is trained, its
    architecture is kept, so that the folder needs no other.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the architecture that an untrained search names, so that there always is one."""
        if isinstance(pl_module, SubnetModule) and trainer.is_global_zero:
            path = Path(trainer.default_root_dir) / ARCHITECTURE
            save_architecture(path, pl_module.architecture, pl_module.space)
        best = _best(pl_module)
        if best is not None and trainer.is_global_zero and trainer.ckpt_path is None:
            self._write(Path(trainer.default_root_dir), best, trainer, epochs=0)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the architecture of now."""
        best = _best(pl_module)
        if best is not None and trainer.is_global_zero:
            folder = Path(trainer.default_root_dir)
            self._write(folder, best, trainer, epochs=trainer.current_epoch + 1)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Extract the network."""
        best = _best(pl_module)
        if not isinstance(pl_module, SearchModule) or not trainer.is_global_zero:
            return
        if best is not None:
            self._extract(Path(trainer.default_root_dir) / SUBNET, best, trainer)
        else:
            log.info(
                "%s trains a supernet and names no best architecture: a second stage chooses one, "
                "tangle select %s",
                type(pl_module.algorithm).__name__,
                shlex.quote(trainer.default_root_dir),
            )

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Extract the network of a search that was killed between its last epoch and this.

        Going on with it finds nothing to train, and so no end of training either.
        """
        best, folder = _best(pl_module), Path(trainer.default_root_dir) / SUBNET
        if best is None or not trainer.is_global_zero or folder.exists():
            return
        if trainer.current_epoch > 0:
            self._extract(folder, best, trainer)

    def _write(self, folder: Path, best: Architecture, trainer: Trainer, *, epochs: int) -> None:
        module = trainer.lightning_module
        assert isinstance(module, SearchModule)
        provenance: dict[str, Any] = {
            "algorithm": type(module.algorithm).__name__,
            "seed": module.algorithm.seed,
            "epochs": epochs,
            "metrics": {
                name: float(value)
                for name, value in trainer.callback_metrics.items()
                if name.startswith("val/best/")
            },
        }
        save_architecture(folder / ARCHITECTURE, best, module.supernet.space, provenance)

    def _extract(self, folder: Path, best: Architecture, trainer: Trainer) -> None:
        module = trainer.lightning_module
        assert isinstance(module, SearchModule)
        # Beside the folder, which then takes its name: a reader never meets half of it.
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{SUBNET}.") as temporary:
            new = Path(temporary) / "new"
            self._write(new, best, trainer, epochs=trainer.current_epoch)
            save_model(module.standalone(best), str(new / "weights.safetensors"))
            if folder.exists():
                os.replace(folder, Path(temporary) / "old")
            os.replace(new, folder)


def _best(module: LightningModule) -> Architecture | None:
    """Return the best architecture, if this is a search, and one that names it."""
    if not isinstance(module, SearchModule):
        return None
    return module.algorithm.incumbents().get("best")
