"""Freed memory that a run on the CPU keeps."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer

from tangle.modules.freed_memory import keep_freed_memory, return_freed_memory


class KeptMemory(Callback):
    """Lets a run on the CPU use the memory of freed tensors again, instead of asking for new.

    A step takes up to a fifth less time, with the same numbers: a fifth for MobileNetV3, a tenth
    for plain convolutions, nothing to speak of for a vision transformer. The process holds its peak
    of memory until the run ends, but for tensors above 32 MB. Accelerators have allocators that do
    so anyway. Where environment variables set the C library's allocator up, such as
    `MALLOC_TRIM_THRESHOLD_`, they decide.
    """

    def __init__(self) -> None:
        self._keeps = False

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Begin to keep it, if the network is on the CPU."""
        if trainer.strategy.root_device.type == "cpu":
            self._keeps = keep_freed_memory()

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Hand it back."""
        self._hand_back()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Hand it back after an error too, which no teardown follows."""
        self._hand_back()

    def _hand_back(self) -> None:
        if self._keeps:
            return_freed_memory()
        self._keeps = False
