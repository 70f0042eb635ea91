"""ImageNet16-120, the smallest images of NAS-Bench-201."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tangle.data.bilevel import BilevelDataModule
from tangle.data.cached_sources import (
    LabelledImages,
    cached_sources,
    check_image_size,
    check_labels,
)
from tangle.data.sources import Sources


class ImageNet16(BilevelDataModule):
    """ImageNet16-120: the first 120 classes of ImageNet at 16x16 pixels (Chrabaszcz et al., 2017).

    151,700 training and 6,000 test images, normalised by the means 122.68, 116.66, 104.01 and
    standard deviations 63.22, 61.26, 65.09 of 255, those of NAS-Bench-201 (Dong & Yang, ICLR 2020),
    which trains with flips and random crops of 2 pixels.

    The set is distributed as pickles, which can run any code when they are read, so they are
    converted once, on files whose origin you trust, to `root/imagenet16_120.npz`:

    ```python
    import pickle
    import numpy as np

    def read(names):
        x, y = [], []
        for name in names:
            with open(f"ImageNet16/{name}", "rb") as file:
                part = pickle.load(file, encoding="latin1")
            x.append(part["data"]), y.extend(part["labels"])
        x, y = np.concatenate(x).reshape(-1, 3, 16, 16).astype(np.uint8), np.array(y) - 1
        return x[y < 120], y[y < 120].astype(np.uint8)

    x, y = read([f"train_data_batch_{n}" for n in range(1, 11)])
    test_x, test_y = read(["val_data"])
    np.savez("imagenet16_120.npz", train_images=x, train_labels=y, test_images=test_x,
             test_labels=test_y)
    ```

    Args:
        root: folder of `imagenet16_120.npz`, which holds `train_images` and `test_images`, uint8
            [N, 3, 16, 16], and `train_labels` and `test_labels`, 0 to 119 [N].
        image_size: height and width to resize all images to, pixels; 16 leaves them as they are.
        augment: transforms of uint8 batches [B, 3, image_size, image_size] for the weight and
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

    num_classes = 120
    image_shape = (3, 16, 16)
    mean = (122.68 / 255, 116.66 / 255, 104.01 / 255)
    std = (63.22 / 255, 61.26 / 255, 65.09 / 255)
    file = "imagenet16_120.npz"
    sizes = (151_700, 6_000)

    def __init__(
        self,
        root: str | Path,
        *,
        image_size: int = 16,
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
        self.image_size = check_image_size(image_size)
        self.augment = augment
        self.augment_normalized = augment_normalized

    def load(self) -> Sources:
        """The images, as uint8 in memory."""
        path = self.root / self.file
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} does not exist. ImageNet16-120 is distributed as pickles (about 1 GB, by "
                "the authors of NAS-Bench-201), which are not read: convert them once by the "
                "lines that `tangle fit --data.help tangle.data.ImageNet16` and the "
                "documentation of the class show, copy the file from where it has been "
                "converted, or set root to a folder that has it"
            )
        arrays = _read(path)
        train, test = (
            self._part(arrays, part, size, path)
            for part, size in zip(("train", "test"), self.sizes, strict=True)
        )
        return cached_sources(
            train,
            test,
            image_size=self.image_size,
            augment=self.augment,
            augment_normalized=self.augment_normalized,
            mean=self.mean,
            std=self.std,
        )

    def _part(
        self, arrays: dict[str, NDArray[Any]], part: str, size: int, path: Path
    ) -> LabelledImages:
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        expected = (size, *self.image_shape)
        if images.shape != expected or images.dtype != np.uint8 or labels.shape != (size,):
            raise ValueError(
                f"{path} holds {part}_images {images.dtype} {list(images.shape)} and "
                f"{part}_labels {list(labels.shape)}, not uint8 {list(expected)} and [{size}]. "
                "Convert it anew"
            )
        classes = torch.from_numpy(labels.astype(np.int64))
        check_labels(classes, self.num_classes, path)
        return LabelledImages(torch.from_numpy(images), classes)


_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        # Of a file that is no archive, `np.load` would say how to run the code that is in it.
        if not is_zipfile(path):
            raise BadZipFile("it is no npz archive")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in _ARRAYS}
    except (BadZipFile, EOFError, KeyError, OSError, ValueError, zlib.error) as error:
        raise ValueError(
            f"{path} is damaged or not a conversion of ImageNet16-120: {error}. Convert it anew"
        ) from error
