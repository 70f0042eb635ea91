"""Paths dropped more and more often as a network learns."""

from __future__ import annotations

from collections.abc import Callable

from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.modules.options import limited_epochs


class DropPathRamp(Callback):
    """Raises the probability of dropping a path linearly over the epochs, from zero.

    In epoch `e` of `E`, from 0 on, it is `e / E` of the network's full one, as in the final
    training of DARTS (Liu et al., ICLR 2019). The network has a method `ramp_drop_path(share)`.
    """

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check that the network drops paths, and that there is a last epoch.

        Raises:
            ValueError: If it does not, or there is none.
        """
        limited_epochs(trainer, "DropPathRamp")
        if not _ramps(pl_module):
            raise ValueError(
                "DropPathRamp needs a network that drops paths, with a method ramp_drop_path: "
                "remove the callback or choose such a network, as tangle.spaces.DARTSNet is"
            )

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Set the probability of a run that is resumed inside an epoch, which has no start then."""
        self.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Set the probability of the epoch."""
        for ramp in _ramps(pl_module):
            ramp(trainer.current_epoch / (trainer.max_epochs or 1))


def _ramps(module: LightningModule) -> list[Callable[[float], None]]:
    ramps = (getattr(part, "ramp_drop_path", None) for part in module.modules())
    return [ramp for ramp in ramps if ramp is not None]
