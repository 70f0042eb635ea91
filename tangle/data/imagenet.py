"""ImageNet, from its folders or as the Hugging Face hub has it."""

from tangle.data.folder_parts import FolderParts
from tangle.data.hub import HubSet, missing_shards
from tangle.data.hub_parts import HubParts
from tangle.data.image_sources import EncodedPart
from tangle.data.published_images import PublishedImages

_HUB = "ILSVRC/imagenet-1k"
_SPLITS = ("train", "validation")


class ImageNet(PublishedImages):
    """ImageNet's 1,000 classes (ILSVRC 2012), in class folders or as the Hugging Face hub has them.

    Folders are `root/train/CLASS` and `root/val/CLASS`. Otherwise `root` holds the Parquet files of
    ILSVRC/imagenet-1k, or a `DatasetDict` that `save_to_disk` wrote, with splits `train` and
    `validation`. Parquet files are converted once into the cache of `datasets`
    (`HF_DATASETS_CACHE`), which takes as much disk again; what `save_to_disk` wrote is read where
    it is.

    1,281,167 training images, and 50,000 to validate on, which have labels and are the test set
    here, as in the TangleNAS paper; validation and architecture parts are taken from the training
    images. Normalised by the means 0.485, 0.456, 0.406 and standard deviations 0.229, 0.224, 0.225.

    The set is not free to be passed on. image-net.org has it, after registration, and torchvision's
    `datasets.ImageNet` extracts its archives into these folders. Download fetches the Parquet files
    of the hub (about 155 GB, of training and validation) into `root`, and goes on where it was
    interrupted; its terms must have been accepted on the hub, and `hf auth login` called.
    """

    name = "ImageNet"
    total = 1000
    size = "about 155 GB"
    source = f"the Hugging Face hub ({_HUB})"

    def parts(self) -> tuple[EncodedPart, EncodedPart]:
        """Training and test images, as they are stored.

        Raises:
            FileNotFoundError: if there are none.
            ValueError: if there are not 1,000 classes.
        """
        images = self._images()
        if len(images.classes) != self.total:
            raise ValueError(
                f"{self.root} has {len(images.classes)} classes to train on, and ImageNet "
                f"{self.total:,}; use tangle.data.ImageFolder or HubImages for a part of it"
            )
        return images.parts()

    def is_whole(self) -> bool:
        """Whether there is nothing to download, told by the names of the files."""
        if (self.root / "train").is_dir() or (self.root / "dataset_dict.json").is_file():
            return True
        are_there = all(any(self.root.rglob(f"{split}-*.parquet")) for split in _SPLITS)
        return are_there and not missing_shards(self.root).keys() & set(_SPLITS)

    def fetch(self) -> None:
        """Downloads the hub's files into `root`."""
        from huggingface_hub import snapshot_download

        patterns = [f"data/{split}-*.parquet" for split in _SPLITS]
        snapshot_download(_HUB, repo_type="dataset", local_dir=self.root, allow_patterns=patterns)
        if not self.is_whole():  # without a network it is content with what is there
            raise OSError("not all files could be reached")

    def remedies(self) -> str:
        """Sentences on how to come by the set."""
        return (
            f"Set download to true on a machine with a network ({self.size}, {self.source}; accept "
            "the set's terms there and call hf auth login before), put the class folders into "
            f"{self.root / 'train'} and {self.root / 'val'}, or set root to a folder that has "
            "them, or the hub's Parquet files"
        )

    def _images(self) -> FolderParts | HubParts:
        saved = (self.root / "dataset_dict.json").is_file()
        if not saved and (self.root / "train").is_dir():
            return FolderParts(self.root, "val")
        if saved or self.is_whole():
            return HubParts(HubSet(str(self.root)), test_split="validation")
        if missing := missing_shards(self.root):
            raise FileNotFoundError(
                f"{self.root} holds a part of ImageNet: it lacks {sum(missing.values())} files of "
                f"{', '.join(missing)}. {self.remedies()}"
            )
        raise FileNotFoundError(f"{self.root} holds no ImageNet. {self.remedies()}")
