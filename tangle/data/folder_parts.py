"""The images and classes of folders that are sorted by class."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tangle.data.image_index import FolderIndex, check_same_classes, index_folder
from tangle.data.image_sources import EncodedPart


@dataclass(frozen=True)
class FolderParts:
    """Training and test images in `root/train/CLASS` and `root/test/CLASS`.

    Args:
        root: folder that holds the two folders.
        test_folder: name of the folder of test images; None: `test` or, where there is none, `val`.
    """

    root: Path
    test_folder: str | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by their number."""
        return self._train.classes

    def parts(self) -> tuple[EncodedPart, EncodedPart]:
        """Training and test images, as they are stored.

        Raises:
            FileNotFoundError: if a folder is missing.
            ValueError: if a class is, or has no image.
        """
        train = self._train
        folder = self._folder(self._test_name())
        test = index_folder(folder)
        check_same_classes(self._folder("train"), folder, train.classes, test.classes)
        return EncodedPart(train.paths, train.labels), EncodedPart(test.paths, test.labels)

    @cached_property
    def _train(self) -> FolderIndex:
        return index_folder(self._folder("train"))

    def _test_name(self) -> str:
        if self.test_folder is not None:
            if (self.root / self.test_folder).resolve() == (self.root / "train").resolve():
                raise ValueError(
                    f"test_folder is {self.test_folder}, the folder of the training images: name "
                    "another, or leave it out to use test or val"
                )
            return self.test_folder
        for name in ("test", "val"):
            if (self.root / name).is_dir():
                return name
        raise FileNotFoundError(
            f"{self.root} has no folder of test images, neither test nor val. Put some there, one "
            "folder for each class, or name the folder by test_folder"
        )

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        if not folder.is_dir():
            raise FileNotFoundError(
                f"{folder} does not exist. Images belong into {folder / 'CLASS'}, a folder for "
                f"each class; set root to the folder that holds {name}"
            )
        return folder
