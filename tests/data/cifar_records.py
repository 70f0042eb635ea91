"""CIFAR-10 and CIFAR-100 in their own formats, but small."""

from pathlib import Path

import torch
from torch import Tensor

from tangle.data import CIFAR10, CIFAR100

COUNTS = {CIFAR10: {"train": 40, "test": 30}, CIFAR100: {"train": 300, "test": 100}}
"""Records in a file, to stand for those of the published sets."""


def write_records(cifar: type[CIFAR10], root: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """A set in its own format, and what it holds: images and labels of each part."""
    folder = root / cifar.folder
    folder.mkdir(parents=True)
    held: dict[str, list[tuple[Tensor, Tensor]]] = {"train": [], "test": []}
    files = [("train", name) for name in cifar.train_files] + [("test", cifar.test_file)]
    for part, name in files:
        count = cifar.records_per_file[part]
        labels = torch.arange(count) % cifar.num_classes
        images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8)
        heads = [labels] if cifar.labels_per_record == 1 else [labels // 5, labels]
        record = torch.cat([torch.stack(heads, 1).byte(), images.flatten(1)], 1)
        (folder / name).write_bytes(record.numpy().tobytes())
        held[part].append((images, labels))
    return {
        part: (torch.cat([x for x, _ in files]), torch.cat([y for _, y in files]))
        for part, files in held.items()
    }
