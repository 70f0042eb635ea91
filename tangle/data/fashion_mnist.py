"""Fashion-MNIST: in full from a folder, or a real subset that comes with the package."""

import logging
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torchvision import datasets

from tangle.data.bilevel import BilevelDataModule
from tangle.data.cached_sources import LabelledImages, cached_sources, check_image_size
from tangle.data.download import fetch
from tangle.data.idx import check_idx
from tangle.data.sources import Sources

_log = logging.getLogger(__name__)

_IDX_FILES = [
    f"{part}-{content}-ubyte"
    for part in ("train", "t10k")
    for content in ("images-idx3", "labels-idx1")
]


class FashionMNIST(BilevelDataModule):
    """Grey 28x28 images of ten kinds of clothing (Xiao et al., 2017), without augmentation.

    With a `root` the full 60,000 training and 10,000 test images; without one the embedded subset
    of 6,000 and 2,000. Pixels are normalised by mean 0.2859 and standard deviation 0.3530, those of
    the full training set.

    Args:
        root: folder that holds `FashionMNIST/raw` with the four idx files, torchvision's layout.
        download: fetches the set (30 MB) into `root` where it is not there yet.
        image_size: height and width to resize all images to, pixels; 28 leaves them as they are.
        augment: transforms of uint8 batches [B, 1, image_size, image_size] for the weight and
            architecture parts, such as `RandomCrop` and `RandomFlip`.
        augment_normalized: transforms of normalised batches with their labels that follow these,
            such as `Cutout` and `MixUpCutMix`.
        batch_size: see `BilevelDataModule`, like all that follow.
        arch_fraction: share of the training samples that train the architecture.
        val_fraction: share of the training samples kept for validation.
        seed: of split, order and augmentation.
        num_workers: processes that make batches; the images are in memory, so 0 is fast.
        drop_last: makes every weight batch exactly `batch_size`.
        repeats: how often an image is augmented, side by side, in the weight part.
    """

    num_classes = 10
    image_shape = (1, 28, 28)

    def __init__(
        self,
        root: str | Path | None = None,
        download: bool = False,
        *,
        image_size: int = 28,
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
        if download and root is None:
            raise ValueError("download is true but root is not set; root is the folder to fill")
        self.image_size = check_image_size(image_size)
        self.root = None if root is None else Path(root).expanduser()
        self.download = download
        self.augment = augment
        self.augment_normalized = augment_normalized

    def prepare_data(self) -> None:
        """Downloads the set when asked to; Lightning calls this in one process per machine."""
        root = self.root
        if not self.download or root is None:
            return
        if not all((root / "FashionMNIST" / "raw" / name).is_file() for name in _IDX_FILES):
            fetch(
                lambda: datasets.FashionMNIST(str(root), download=True),
                name="Fashion-MNIST",
                size="30 MB",
                source=datasets.FashionMNIST.mirrors[0],
                root=root,
                remedies=_remedies(root),
            )

    def load(self) -> Sources:
        """The images, as uint8 in memory."""
        train, test = _embedded() if self.root is None else _full(self.root)
        return cached_sources(
            train,
            test,
            image_size=self.image_size,
            augment=self.augment,
            augment_normalized=self.augment_normalized,
            mean=[0.2859],
            std=[0.3530],
        )


def _embedded() -> tuple[LabelledImages, LabelledImages]:
    with (
        files("tangle.data").joinpath("assets/fashion_mnist_mini.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        train, test = (
            LabelledImages(
                torch.from_numpy(arrays[f"{part}_images"]).unsqueeze(1),
                torch.from_numpy(arrays[f"{part}_labels"]).long(),
            )
            for part in ("train", "test")
        )
    _log.warning(
        "Fashion-MNIST without a root: the embedded subset of %d training and %d test images",
        len(train.images),
        len(test.images),
    )
    return train, test


def _full(root: Path) -> tuple[LabelledImages, LabelledImages]:
    raw = root / "FashionMNIST" / "raw"
    if not raw.is_dir():
        raise FileNotFoundError(f"{raw} does not exist. {_remedies(root)}")
    for name in _IDX_FILES:
        check_idx(raw / name)
    train, test = (datasets.FashionMNIST(str(root), train=part) for part in (True, False))
    return (
        LabelledImages(train.data.unsqueeze(1), train.targets),
        LabelledImages(test.data.unsqueeze(1), test.targets),
    )


def _remedies(root: Path) -> str:
    return (
        f"Set download to true on a machine with a network, put the files {_IDX_FILES} into "
        f"{root / 'FashionMNIST' / 'raw'}, or leave root out to use the embedded subset"
    )
