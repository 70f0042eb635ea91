"""CIFAR-10 and CIFAR-100, in memory, from their binary versions."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import nn

from tangle.data.bilevel import BilevelDataModule
from tangle.data.cached_sources import (
    LabelledImages,
    cached_sources,
    check_image_size,
    check_labels,
)
from tangle.data.download import fetch_archive
from tangle.data.records import read_records
from tangle.data.sources import Sources


class CIFAR10(BilevelDataModule):
    """Colour images of 32x32 pixels in ten classes (Krizhevsky, 2009), without augmentation.

    50,000 training and 10,000 test images, normalised by the means 125.3, 123.0, 113.9 and standard
    deviations 63.0, 62.1, 66.7 of 255, those of the training set that DARTS and the TangleNAS paper
    use. They are read from the binary version, `cifar-10-batches-bin`. The Python version, which
    torchvision downloads, consists of pickles, which can run any code when they are read.

    Args:
        root: folder that holds the folder of the set, `cifar-10-batches-bin` or `cifar-100-binary`.
        download: fetches the set (170 MB) into `root` where it is not there yet.
        image_size: height and width to resize all images to, pixels; 32 leaves them as they are.
        augment: transforms of uint8 batches [B, 3, image_size, image_size] for the weight and
            architecture parts, such as `RandomCrop`, `RandomFlip` and `PerImage`.
        augment_normalized: transforms of normalised batches with their labels that follow these,
            such as `Cutout`, `RandomErasing` and `MixUpCutMix`.
        batch_size: see `BilevelDataModule`, like all that follow.
        arch_fraction: share of the training samples that train the architecture.
        val_fraction: share of the training samples kept for validation.
        seed: of split, order and augmentation.
        num_workers: processes that make batches; the images are in memory, so 0 is fast.
        drop_last: makes every weight batch exactly `batch_size`.
        repeats: how often an image is augmented, side by side, in the weight part.
    """

    num_classes = 10
    image_shape = (3, 32, 32)
    mean = (125.3 / 255, 123.0 / 255, 113.9 / 255)
    std = (63.0 / 255, 62.1 / 255, 66.7 / 255)
    name = "CIFAR-10"
    folder = "cifar-10-batches-bin"
    pickles = "cifar-10-batches-py"
    train_files = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
    test_file = "test_batch.bin"
    records_per_file: ClassVar = {"train": 10_000, "test": 10_000}
    labels_per_record = 1
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    md5 = "c32a1d4ab5d03f1284b67883e8d87530"
    archive_size = "170 MB"

    def __init__(
        self,
        root: str | Path,
        download: bool = False,
        *,
        image_size: int = 32,
        augment: Sequence[nn.Module] = (),
        augment_normalized: Sequence[nn.Module] = (),
        batch_size: int = 64,
        arch_fraction: float = 0.5,
        val_fraction: float = 0.1,
        seed: int = 0,
        num_workers: int = 0,
        drop_last: bool = False,
        repeats: int = 1,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            arch_fraction=arch_fraction,
            val_fraction=val_fraction,
            seed=seed,
            num_workers=num_workers,
            drop_last=drop_last,
            repeats=repeats,
        )
        self.root = Path(root).expanduser()
        self.download = download
        self.image_size = check_image_size(image_size)
        self.augment = augment
        self.augment_normalized = augment_normalized

    def prepare_data(self) -> None:
        """Downloads the set when asked to; Lightning calls this in one process per machine."""
        names = (*self.train_files, self.test_file)
        is_whole = all((self.root / self.folder / name).is_file() for name in names)
        if self.download and not is_whole:  # an extraction may have been interrupted
            fetch_archive(
                self.url,
                self.root,
                md5=self.md5,
                name=self.name,
                size=self.archive_size,
                remedies=self._remedies(),
            )

    def load(self) -> Sources:
        """The images, as uint8 in memory."""
        if not (self.root / self.folder).is_dir():
            raise FileNotFoundError(f"{self.root / self.folder} does not exist. {self._remedies()}")
        train, test = self._read("train", self.train_files), self._read("test", [self.test_file])
        return cached_sources(
            train,
            test,
            image_size=self.image_size,
            augment=self.augment,
            augment_normalized=self.augment_normalized,
            mean=self.mean,
            std=self.std,
        )

    def _read(self, part: str, files: Sequence[str]) -> LabelledImages:
        contents = []
        for file in files:
            path = self.root / self.folder / file
            content = read_records(
                path,
                self.records_per_file[part],
                num_labels=self.labels_per_record,
                image_shape=self.image_shape,
            )
            check_labels(content[1], self.num_classes, path)
            contents.append(content)
        images, labels = (torch.cat(tensors) for tensors in zip(*contents, strict=True))
        return LabelledImages(images, labels)

    def _remedies(self) -> str:
        pickled = (
            f" (the {self.pickles} there are pickles, which are not read)"
            if (self.root / self.pickles).is_dir()
            else ""
        )
        return (
            f"Set download to true on a machine with a network ({self.archive_size} from "
            f"{self.url}), put the extracted archive into {self.root / self.folder}{pickled}, or "
            "set root to a folder that has it"
        )


class CIFAR100(CIFAR10):
    """Colour images of 32x32 pixels in a hundred classes (Krizhevsky, 2009), like `CIFAR10`.

    50,000 training and 10,000 test images with their fine labels, from `cifar-100-binary` (169 MB),
    normalised by the means 129.3, 124.1, 112.4 and standard deviations 68.2, 65.4, 70.4 of 255,
    those of its training set.
    """

    num_classes = 100
    mean = (129.3 / 255, 124.1 / 255, 112.4 / 255)
    std = (68.2 / 255, 65.4 / 255, 70.4 / 255)
    name = "CIFAR-100"
    folder = "cifar-100-binary"
    pickles = "cifar-100-python"
    train_files = ("train.bin",)
    test_file = "test.bin"
    records_per_file: ClassVar = {"train": 50_000, "test": 10_000}
    labels_per_record = 2  # coarse, fine
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"
    md5 = "03b5dce01913d631647c71ecec9e9cb8"
    archive_size = "169 MB"
