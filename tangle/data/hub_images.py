"""Any images on the Hugging Face hub, or in its format."""

from collections.abc import Sequence

from torch import nn

from tangle.data.bilevel import BilevelDataModule
from tangle.data.decoding import Interpolation, OnError
from tangle.data.hub import HubSet
from tangle.data.hub_parts import HubParts
from tangle.data.image_sources import Reading
from tangle.data.sources import Sources


class HubImages(BilevelDataModule):
    """Images with one class each, from a data set of the Hugging Face hub or a folder like one.

    Validation and architecture parts are taken from the training split. A set of the hub is fetched
    into the hub's own cache (`HF_HOME`), after telling how large it is, and a folder of Parquet
    files is converted there, once; both are then read in any order. With `HF_HUB_OFFLINE=1` nothing
    is fetched.

    It is not streamed. A part that holds all classes alike consists of rows from all over the
    files, so that a stream would fetch the whole set for each of the three parts, and again in each
    epoch; and a stream, which is shuffled in a buffer, cannot be entered in the middle of an epoch
    with the batches that would have come.

    Args:
        dataset: name on the hub, as `OWNER/NAME`; or a folder that holds Parquet files as the hub
            does, or what `save_to_disk` writes of a `DatasetDict`.
        config: which configuration of the data set, where it has several.
        train_split: name of the split to train on.
        test_split: name of the split to test on.
        image_column: column of images; null: the only one.
        label_column: column of classes, as numbers from 0 or as names; null: the only one of
            `ClassLabel`s or, where there is none, `label`.
        image_size: height and width of all images in a batch, pixels.
        channels: 3: colours, 1: grey; images of another kind are converted.
        crop_scale: least and greatest share of an image that the random part covers on which it is
            trained, [0.08, 1.0] for ImageNet; null: the same pixels as in a test.
        test_crop: side of the central square that is tested on, over the image's shorter side,
            0.875 for ImageNet; null: the whole image, distorted where it is not square.
        interpolation: how images are resized.
        cache: decodes all images at the beginning and keeps them in memory as bytes, which takes
            channels * image_size^2 bytes for each.
        check: decodes all images at the beginning once, so that damaged ones are told before
            training; `cache` does so anyway.
        on_error: what becomes of an image that cannot be decoded. `fail`: an error that names it;
            `skip`: it is left out, named and counted.
        augment: transforms of uint8 batches [B, channels, image_size, image_size] for the weight
            and architecture parts, such as `RandomFlip` and `PerImage`.
        augment_normalized: transforms of normalised batches with their labels that follow these,
            such as `RandomErasing` and `MixUpCutMix`.
        mean: of each channel, on the scale in which white is 1; null: ImageNet's, 0.485, 0.456,
            0.406, or their mean.
        std: standard deviation of each channel, on that scale; null: ImageNet's, 0.229, 0.224,
            0.225, or their mean.
        batch_size: see `BilevelDataModule`, like all that follow.
        arch_fraction: share of the training samples that train the architecture.
        val_fraction: share of the training samples kept for validation.
        seed: of split, order and augmentation.
        num_workers: processes per loader that make batches.
        drop_last: makes every weight batch exactly `batch_size`.
        repeats: how often an image is augmented, side by side, in the weight part.
    """

    def __init__(
        self,
        dataset: str,
        config: str | None = None,
        *,
        train_split: str = "train",
        test_split: str = "test",
        image_column: str | None = None,
        label_column: str | None = None,
        image_size: int = 224,
        channels: int = 3,
        crop_scale: tuple[float, float] | None = None,
        test_crop: float | None = None,
        interpolation: Interpolation = "bilinear",
        cache: bool = False,
        check: bool = False,
        on_error: OnError = "fail",
        augment: Sequence[nn.Module] = (),
        augment_normalized: Sequence[nn.Module] = (),
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
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
        self.images = HubParts(
            HubSet(dataset, config),
            train_split=train_split,
            test_split=test_split,
            image_column=image_column,
            label_column=label_column,
        )
        self.reading = Reading(
            image_size=image_size,
            channels=channels,
            crop_scale=crop_scale,
            test_crop=test_crop,
            interpolation=interpolation,
            cache=cache,
            check=check,
            on_error=on_error,
            augment=augment,
            augment_normalized=augment_normalized,
            mean=mean,
            std=std,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by their number."""
        return self.images.classes

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def prepare_data(self) -> None:
        """Fetches or converts the set; Lightning calls this in one process per machine."""
        _ = self.classes

    def load(self) -> Sources:
        """The images, listed or in memory."""
        return self.reading.sources(*self.images.parts())
