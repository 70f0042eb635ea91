"""The sets to which networks found on ImageNet are transferred, in torchvision's layouts."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import torch
from torchvision import datasets

from tangle.data.cached_sources import check_labels
from tangle.data.image_index import ImagePaths
from tangle.data.image_sources import EncodedPart
from tangle.data.mat_file import check_scipy, read_mat
from tangle.data.published_images import PublishedImages

Labelled = tuple[Sequence[str], Sequence[int]]
"""Paths of images below a folder, and the class of each, from 0."""


class _Listed(PublishedImages):
    """Images that a list gives their classes."""

    folder: str

    def parts(self) -> tuple[EncodedPart, EncodedPart]:
        """Training and test images, as they are stored."""
        folder = self.root / self.folder
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} does not exist. {self.remedies()}")
        try:
            lists = self.lists(folder)
        except (KeyError, IndexError) as error:
            raise ValueError(
                f"the lists in {folder} are not those of {type(self).__name__}: {error!r} is not "
                "among them. Delete the folder and download it again"
            ) from error
        train, test = (self._part(folder, listed) for listed in lists)
        return train, test

    def remedies(self) -> str:
        """Sentences on how to come by the set."""
        return (
            f"Set download to true on a machine with a network ({self.size}, {self.source}), put "
            f"the set into {self.root / self.folder} in torchvision's layout, or set root to a "
            "folder that has it"
        )

    @abstractmethod
    def lists(self, folder: Path) -> tuple[Labelled, Labelled]:
        """The images of training and test, and their classes."""

    def _part(self, folder: Path, listed: Labelled) -> EncodedPart:
        names, labels = listed
        classes = torch.tensor(labels)
        check_labels(classes, self.total, folder)
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise FileNotFoundError(
                f"{folder} lacks {len(missing)} of {len(names)} images, {missing[0]} first. Delete "
                "the folder and download it again"
            )
        return EncodedPart(ImagePaths(folder, names), classes)


class Flowers102(_Listed):
    """Flowers of 102 kinds (Nilsback & Zisserman, 2008): 2,040 to train, 6,149 to test.

    Training and validation images of the set train, as in the transfer of DeiT and AutoFormer. The
    layout is torchvision's, `root/flowers-102`. Normalised by ImageNet's constants. Needs scipy:
    `pip install tangle-nas[downstream]`.
    """

    name = "Flowers-102"
    folder = "flowers-102"
    total = 102
    size = "345 MB"
    source = "www.robots.ox.ac.uk"

    def fetch(self) -> None:
        """Downloads the set into `root`, by torchvision."""
        check_scipy(self.root / self.folder)
        datasets.Flowers102(str(self.root), download=True)

    def lists(self, folder: Path) -> tuple[Labelled, Labelled]:
        """The images of training and test, and their classes."""
        ids = read_mat(folder / "setid.mat")
        labels = read_mat(folder / "imagelabels.mat")["labels"]
        groups = [[*ids["trnid"], *ids["valid"]], [*ids["tstid"]]]
        train, test = (
            ([f"jpg/image_{i:05d}.jpg" for i in group], [int(labels[i - 1]) - 1 for i in group])
            for group in groups
        )
        return train, test


class OxfordIIITPet(_Listed):
    """Cats and dogs of 37 breeds (Parkhi et al., 2012): 3,680 images to train, 3,669 to test.

    The layout is torchvision's, `root/oxford-iiit-pet`. Normalised by ImageNet's constants.
    """

    name = "Oxford-IIIT Pets"
    folder = "oxford-iiit-pet"
    total = 37
    size = "811 MB"
    source = "www.robots.ox.ac.uk"

    def fetch(self) -> None:
        """Downloads the set into `root`, by torchvision."""
        datasets.OxfordIIITPet(str(self.root), download=True)

    def lists(self, folder: Path) -> tuple[Labelled, Labelled]:
        """The images of training and test, and their classes."""
        train, test = (self._read(folder / "annotations" / f) for f in ("trainval.txt", "test.txt"))
        return train, test

    def _read(self, path: Path) -> Labelled:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: put it there, or fetch the data set again")
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [line.split() for line in lines if line and not line.startswith("#")]
        if not all(len(row) == 4 and row[1].isdecimal() for row in rows):
            raise ValueError(
                f"{path} is damaged: each line holds a name and three numbers. Delete it and "
                "download it again"
            )
        return [f"images/{row[0]}.jpg" for row in rows], [int(row[1]) - 1 for row in rows]


class StanfordCars(_Listed):
    """Cars of 196 models (Krause et al., 2013): 8,144 images to train, 8,041 to test.

    The layout is torchvision's, `root/stanford_cars` with `devkit`, `cars_train`, `cars_test` and
    `cars_test_annos_withlabels.mat`. Normalised by ImageNet's constants. Needs scipy:
    `pip install tangle-nas[downstream]`. It cannot be downloaded, as its place on the web is gone.
    """

    name = "Stanford Cars"
    folder = "stanford_cars"
    total = 196
    size = "2 GB"
    source = "ai.stanford.edu, where it is no more"

    def prepare_data(self) -> None:
        """Refuses to download the set.

        Raises:
            ValueError: if it is asked to.
        """
        if self.download:
            raise ValueError(
                f"download is true, but {self.name} cannot be downloaded: it was at "
                f"{self.source}. {self.remedies()}; and set download to false"
            )

    def fetch(self) -> None:
        """Downloads nothing, as there is no place to fetch it from."""

    def remedies(self) -> str:
        """Sentences on how to come by the set."""
        return (
            f"Take a copy that you trust ({self.size}) and put it into {self.root / self.folder} "
            "in torchvision's layout, or set root to a folder that has it"
        )

    def lists(self, folder: Path) -> tuple[Labelled, Labelled]:
        """The images of training and test, and their classes."""
        return (
            self._read(folder / "devkit" / "cars_train_annos.mat", "cars_train"),
            self._read(folder / "cars_test_annos_withlabels.mat", "cars_test"),
        )

    def _read(self, path: Path, images: str) -> Labelled:
        rows = read_mat(path)["annotations"]
        return (
            [f"{images}/{row['fname']}" for row in rows],
            [int(row["class"]) - 1 for row in rows],
        )
