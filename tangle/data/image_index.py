"""Finding the images of a folder of class folders."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

EXTENSIONS = frozenset(
    f".{name}" for name in ["bmp", "gif", "jpeg", "jpg", "pgm", "png", "ppm", "tif", "tiff", "webp"]
)


class ImagePaths:
    """Files below one folder, kept in one array, which worker processes share.

    Args:
        folder: that all lie below.
        names: their paths in it.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.names = np.array([os.fsencode(name) for name in names], dtype=np.bytes_)

    def __len__(self) -> int:
        """Number of files."""
        return len(self.names)

    def name(self, index: int) -> str:
        """What to call a file in an error: its path."""
        return str(self.path(index))

    def path(self, index: int) -> Path:
        """The path of a file."""
        return self.folder / os.fsdecode(bytes(self.names[index]))

    def read(self, index: int) -> bytes:
        """The content of a file."""
        return self.path(index).read_bytes()


@dataclass(frozen=True)
class FolderIndex:
    """The images of one folder of class folders.

    Args:
        classes: names of the class folders, sorted; the place of a name is its class.
        paths: of the images, by class and name.
        labels: class of each image [N].
    """

    classes: tuple[str, ...]
    paths: ImagePaths
    labels: Tensor


def index_folder(folder: Path) -> FolderIndex:
    """Lists `folder/CLASS/**/IMAGE` in a fixed order, without opening a file.

    Hidden files and folders, and files that no extension marks as an image, are left out.

    Raises:
        ValueError: if there is no class folder, or one without an image; it names them.
    """
    classes = sorted(entry.name for entry in _visible(folder) if entry.is_dir())
    if not classes:
        raise ValueError(f"{folder} has no class folder; put images into {folder / 'CLASS'}")
    names: list[str] = []
    counts = []
    for name in classes:
        images = sorted(_images(folder / name, name))
        names += images
        counts.append(len(images))
    empty = [name for name, count in zip(classes, counts, strict=True) if count == 0]
    if empty:
        raise ValueError(
            f"{folder} has {len(empty)} class folders without an image: {some(empty)}. Images end "
            f"in {', '.join(sorted(EXTENSIONS))}; fill these folders, or remove them"
        )
    labels = torch.arange(len(classes)).repeat_interleave(torch.tensor(counts))
    return FolderIndex(tuple(classes), ImagePaths(folder, names), labels)


def check_same_classes(train: Path, test: Path, ours: Sequence[str], theirs: Sequence[str]) -> None:
    """Raises an error that names classes present in one of two folders only."""
    for here, there, only in (
        (train, test, sorted(set(ours) - set(theirs))),
        (test, train, sorted(set(theirs) - set(ours))),
    ):
        if only:
            raise ValueError(
                f"{len(only)} classes are in {here} but not in {there}: {some(only)}. Both need "
                "the same class folders"
            )


def _images(folder: Path, prefix: str) -> list[str]:
    found = []
    for entry in _visible(folder):
        name = f"{prefix}/{entry.name}"
        if entry.is_dir():
            found += _images(folder / entry.name, name)
        elif os.path.splitext(entry.name)[1].lower() in EXTENSIONS:
            found.append(name)
    return found


def _visible(folder: Path) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


def some(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
