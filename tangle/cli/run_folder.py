"""The folder in which a run keeps everything."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

_CONTENT = (
    "config.yaml", "architecture.yaml", "subnet", "anytime.csv", "anytime.png", "health.csv",
    "arch_weights.csv", "arch_weights.png", "checkpoints", "csv", "tensorboard", "validate.yaml",
    "test.yaml", "predictions.safetensors", "generated.txt", "judged", "selection", "comparison",
    "comparison.csv", "rank", "report.html",
)  # fmt: skip
_MARKS = ("checkpoints", "architecture.yaml")  # a run that failed before it began has neither


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run.

    Attributes:
        path: The folder, which need not exist yet.
    """

    path: Path

    @property
    def config(self) -> Path:
        """The whole configuration of the run."""
        return self.path / "config.yaml"

    @property
    def checkpoint(self) -> Path:
        """The checkpoint from which the run goes on."""
        return self.path / "checkpoints" / "last.ckpt"

    def check_free(self) -> None:
        """Check that no run is in the folder.

        Raises:
            FileExistsError: If there is one.
        """
        if any((self.path / mark).exists() for mark in _MARKS):
            raise FileExistsError(
                f"{self.path} already holds a run: go on with it by --resume, choose another "
                "folder by --run DIR, or replace it by --overwrite"
            )

    def check_resumable(self) -> None:
        """Check that there is a run to go on with.

        Raises:
            FileNotFoundError: If there is none.
        """
        for part in (self.config, self.checkpoint):
            if not part.is_file():
                raise FileNotFoundError(
                    f"{self.path} holds no run to resume, as {part} does not exist: "
                    "leave out --resume, or choose the folder of a run by --run DIR"
                )

    def clear(self) -> None:
        """Remove the run, and nothing else that is in the folder."""
        for name in _CONTENT:
            part = self.path / name
            if part.is_dir():
                shutil.rmtree(part)
            else:
                part.unlink(missing_ok=True)
