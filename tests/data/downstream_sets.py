"""The downstream sets in torchvision's layouts, but small: two images of each class."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_pets(root: Path) -> None:
    """37 classes, one image of each to train and one to test."""
    folder = root / "oxford-iiit-pet"
    (folder / "annotations").mkdir(parents=True)
    for number, name in enumerate(("trainval", "test")):
        lines = []
        for label in range(1, 38):
            _picture(folder / "images" / f"Breed_{label}_{number}.jpg", label)
            lines.append(f"Breed_{label}_{number} {label} 1 1\n")
        (folder / "annotations" / f"{name}.txt").write_text("".join(lines))


def write_flowers(root: Path) -> None:
    """102 classes, one image of each to train, to validate and to test."""
    from scipy.io import savemat

    folder = root / "flowers-102"
    for number in range(1, 307):
        _picture(folder / "jpg" / f"image_{number:05d}.jpg", (number - 1) % 102 + 1)
    savemat(folder / "imagelabels.mat", {"labels": np.arange(306) % 102 + 1})
    first = np.arange(1, 103)
    savemat(folder / "setid.mat", {"trnid": first, "valid": first + 102, "tstid": first + 204})


def write_cars(root: Path) -> None:
    """196 classes, one image of each to train and one to test."""
    from scipy.io import savemat

    folder = root / "stanford_cars"
    (folder / "devkit").mkdir(parents=True)
    files = {"cars_train": folder / "devkit" / "cars_train_annos.mat",
             "cars_test": folder / "cars_test_annos_withlabels.mat"}  # fmt: skip
    kinds = [("bbox_x1", "i4"), ("class", "i4"), ("fname", "O")]
    for part, file in files.items():
        rows = np.array([(0, label, f"{label:05d}.jpg") for label in range(1, 197)], dtype=kinds)
        for label in range(1, 197):
            _picture(folder / part / f"{label:05d}.jpg", label)
        savemat(file, {"annotations": rows})


def _picture(path: Path, label: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (10, 8), label).save(path, quality=95)
