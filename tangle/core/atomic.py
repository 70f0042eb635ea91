"""Writing files so that a reader, or a killed process, never meets half of one."""

import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it when the block ends well.

    The content reaches the disk before the name does, so after a crash the name holds either the
    old file or the new one, whole.
    """
    path = Path(path)
    temporary = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
        mode = temporary.stat().st_mode
        yield temporary
        temporary.chmod(mode)  # some writers, safetensors among them, make files private
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        kept = "the one before is still whole" if path.exists() else "there is none yet"
        raise OSError(
            error.errno,
            f"{path} could not be written ({os.strerror(error.errno)}), {kept}: make room or "
            "choose another folder, and go on",
        ) from error
    finally:
        with suppress(OSError):  # a disk that takes nothing may not give anything up either
            temporary.unlink(missing_ok=True)


_REFUSED = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}
)
"""What the system says of a disk that is full, or of a folder that takes nothing."""


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")


def also_named(path: str | Path, name: str | Path) -> None:
    """Give a file a second name, in place of what had it, atomically.

    Replacing the file under its first name leaves the second alone. No content is copied, unless
    the disk knows no second names.
    """
    name = Path(name)
    temporary = _beside(name)
    try:
        try:
            os.link(path, temporary)
        except OSError:
            shutil.copyfile(path, temporary)
        temporary.replace(name)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """Yield a new folder beside `path` that takes its name when the block ends well.

    A reader meets the old folder or the new one, whole.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        yield new
        if path.exists():
            os.replace(path, Path(temporary) / "old")
        os.replace(new, path)
