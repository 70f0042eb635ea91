"""Files of records of one size, each a few bytes of labels and then an image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


def read_records(
    path: Path, num_records: int, *, num_labels: int, image_shape: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Reads one file whole.

    Args:
        path: the file: per record one byte for each label, then the image's bytes.
        num_records: that the file must hold.
        num_labels: bytes of labels in a record; the last one is returned.
        image_shape: (C, H, W) of an image.

    Returns:
        Images, uint8 [N, C, H, W], and labels, int64 [N].

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: its size is not that of so many records.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing. Delete {path.parent} and download it again")
    length = num_labels + int(np.prod(image_shape))
    size, expected = path.stat().st_size, num_records * length
    if size != expected:
        raise ValueError(
            f"{path} has {size:,} bytes, and not the {expected:,} of {num_records:,} records of "
            f"{length:,}: it is {'truncated' if size < expected else 'too long'}. Delete it and "
            "download it again"
        )
    records = torch.from_numpy(np.fromfile(path, np.uint8)).view(num_records, length)
    images = records[:, num_labels:].reshape(num_records, *image_shape)
    return images, records[:, num_labels - 1].long()
