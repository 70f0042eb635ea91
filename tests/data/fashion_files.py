"""Fashion-MNIST in its own format, but small."""

import struct
from pathlib import Path

import torch

COUNTS = {"train": 80, "t10k": 30}


def write_fashion(root: Path) -> None:
    """A folder in torchvision's layout with 80 training and 30 test images."""
    raw = root / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for part, count in COUNTS.items():
        pixels = torch.randint(0, 256, (count * 784,), dtype=torch.uint8).numpy().tobytes()
        images = struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28) + pixels
        labels = struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(i % 10 for i in range(count))
        (raw / f"{part}-images-idx3-ubyte").write_bytes(images)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(labels)
