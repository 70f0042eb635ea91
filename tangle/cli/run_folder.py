"""The folder in which a run keeps everything."""

from __future__ import annotations

import logging
import shlex
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tangle.core.atomic import also_named

log = logging.getLogger(__name__)

CONTENT = (
    "config.yaml", "architecture.yaml", "subnet", "anytime.csv", "anytime.png", "health.csv",
    "arch_weights.csv", "arch_weights.png", "checkpoints", "csv", "tensorboard", "validate.yaml",
    "test.yaml", "predictions.safetensors", "generated.txt", "judged", "selection", "comparison",
    "comparison.csv", "rank", "report.html",
)  # fmt: skip
"""All that commands may write into the folder of a run."""
_RESULTS = ("anytime.csv", "subnet", "checkpoints/previous.ckpt")
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

    @property
    def previous(self) -> Path:
        """The checkpoint before the last."""
        return self.checkpoint.with_stem("previous")

    def whole_checkpoint(self) -> Path:
        """Return the last checkpoint, or the one before if that is damaged.

        Raises:
            ValueError: If both are.
        """
        if _is_whole(self.checkpoint):
            return self.checkpoint
        if not _is_whole(self.previous):
            command = [
                "tangle", "fit", "-c", str(self.config), "--run", str(self.path), "--overwrite"
            ]  # fmt: skip
            raise ValueError(
                f"{self.checkpoint} is damaged, and there is no whole checkpoint beside it: start "
                f"anew by {shlex.join(command)}"
            )
        log.warning(
            "%s is damaged: going on from the checkpoint before it, %s",
            self.checkpoint, self.previous,
        )  # fmt: skip
        return self.previous

    def restore_checkpoint(self) -> None:
        """Let the previous checkpoint stand for a damaged last one, which would replace it."""
        also_named(self.previous, self.checkpoint)

    def can_resume(self) -> bool:
        """Return whether there is a run to go on with."""
        return self.config.is_file() and self.checkpoint.is_file()

    def is_taken(self) -> bool:
        """Return whether a run is in the folder that began."""
        return any((self.path / mark).exists() for mark in _MARKS)

    def check_free(self) -> None:
        """Check that no run is in the folder.

        Raises:
            FileExistsError: If there is one.
        """
        if self.is_taken():
            raise FileExistsError(
                f"{self.path} already holds a run: go on with it by --resume, choose another "
                "folder by --run DIR, or replace it by --overwrite"
            )

    def check_is_folder(self) -> None:
        """Check that nothing else is where the folder is, or is to be.

        Raises:
            NotADirectoryError: If a file is.
        """
        for part in (self.path, *self.path.parents):
            if part.is_dir():
                return
            if part.exists():
                raise NotADirectoryError(
                    f"--run is {self.path}, but {part} is a file: choose a folder"
                )

    def check_beginnable(self) -> None:
        """Check that a run may begin here in place of one that was killed before it could save.

        Raises:
            FileExistsError: If there is one that has results, but no checkpoint to go on from.
        """
        if any((self.path / result).exists() for result in _RESULTS):
            self.check_free()

    def check_resumable(self) -> None:
        """Check that there is a run to go on with.

        Raises:
            FileNotFoundError: If there is none.
        """
        if self.config.is_file() and not self.checkpoint.is_file():
            raise FileNotFoundError(
                f"The run in {self.path} has no checkpoint to go on from, as {self.checkpoint} "
                f"does not exist: begin anew by tangle fit -c {self.config} --run {self.path} "
                "--overwrite"
            )
        if not self.config.is_file():
            raise FileNotFoundError(
                f"{self.path} holds no run to resume, as {self.config} does not exist: leave out "
                "--resume, or choose the folder of a run by --run DIR"
            )

    def clear(self) -> None:
        """Remove the run, and nothing else that is in the folder."""
        for name in CONTENT:
            _remove(self.path / name)

    def set_aside(self) -> None:
        """Move the run out of the way, until the one in its place has begun."""
        self.recover()
        _remove(self._former)
        for name in CONTENT:
            if (self.path / name).exists():
                self._moving.mkdir(exist_ok=True)
                (self.path / name).replace(self._moving / name)
        if self._moving.is_dir():
            self._moving.replace(self._former)  # now all of it is aside, or none

    def put_back(self) -> None:
        """Undo `set_aside`."""
        self.clear()
        if self._former.is_dir():
            self._former.replace(self._moving)
        self.recover()

    def recover(self) -> None:
        """Put a run back that a killed process was moving, or had replaced by nothing yet."""
        if self._moving.is_dir():
            for part in self._moving.iterdir():
                part.replace(self.path / part.name)
            self._moving.rmdir()
        elif self._former.is_dir() and not self.checkpoint.is_file():
            self.put_back()

    def forget_former(self) -> None:
        """Remove the run that was set aside."""
        _remove(self._former)

    @property
    def _former(self) -> Path:
        return self.path / ".former"

    @property
    def _moving(self) -> Path:
        return self.path / ".moving"


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)


def _is_whole(checkpoint: Path) -> bool:
    """Return whether a checkpoint can be read, and all of it is what was written."""
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False
