"""Fetching data sets, which is never done unless asked for, nor without telling of it."""

import logging
from collections.abc import Callable
from pathlib import Path

from torchvision.datasets.utils import download_and_extract_archive

_log = logging.getLogger(__name__)


def announce(name: str, size: str, source: str, into: Path | str) -> None:
    """Tells what is about to be fetched, from where and to where, and how large it is."""
    _log.warning("%s: downloading %s from %s into %s", name, size, source, into)


def fetch(
    action: Callable[[], object], *, name: str, size: str, source: str, root: Path, remedies: str
) -> None:
    """Lets `action` download a data set, after telling of it.

    Args:
        action: downloads.
        name: of the data set, to be told.
        size: of the download, to be told, as in 170 MB.
        source: where it comes from, to be told.
        root: the folder it goes into, to be told.
        remedies: what else can be done, to be told if it fails.

    Raises:
        ConnectionError: it cannot be fetched, is damaged, or does not fit onto the disk.
    """
    announce(name, size, source, root)
    try:
        action()
    except (OSError, RuntimeError) as error:
        raise ConnectionError(
            f"{name} ({size}) could not be downloaded from {source} into {root}: "
            f"{str(error).rstrip('.')}. {remedies}"
        ) from error


def fetch_archive(url: str, root: Path, *, md5: str, name: str, size: str, remedies: str) -> None:
    """Downloads an archive, compares its checksum and extracts it.

    Args:
        url: where it is.
        root: folder for the archive and its content.
        md5: checksum of the archive.
        name: of the data set, to be told.
        size: of the archive, to be told, as in 170 MB.
        remedies: what else can be done, to be told if it fails.

    Raises:
        ConnectionError: it cannot be fetched, is damaged, or does not fit onto the disk.
    """
    fetch(
        lambda: download_and_extract_archive(url, str(root), md5=md5),
        name=name,
        size=size,
        source=url,
        root=root,
        remedies=remedies,
    )
