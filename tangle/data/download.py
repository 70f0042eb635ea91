"""Fetching archives of data sets, which is never done unless asked for."""

import logging
from pathlib import Path

from torchvision.datasets.utils import download_and_extract_archive

_log = logging.getLogger(__name__)


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
    _log.warning("%s: downloading %s from %s into %s", name, size, url, root)
    try:
        download_and_extract_archive(url, str(root), md5=md5)
    except (OSError, RuntimeError) as error:
        raise ConnectionError(
            f"{name} ({size}) could not be downloaded from {url} into {root}: "
            f"{str(error).rstrip('.')}. {remedies}"
        ) from error
