"""Small pictures on disk, each of one colour that tells it from the others."""

from pathlib import Path

from PIL import Image


def colour_of(number: int) -> tuple[int, int, int]:
    return 16 * (number % 16), 16 * (number // 16 % 16), 128


def write_pictures(
    folder: Path, classes: dict[str, int], *, first: int = 0, size: tuple[int, int] = (12, 10)
) -> dict[str, list[tuple[int, int, int]]]:
    """So many PNGs for each class; returns their colours."""
    colours: dict[str, list[tuple[int, int, int]]] = {}
    number = first
    for name, count in classes.items():
        (folder / name).mkdir(parents=True)
        for place in range(count):
            Image.new("RGB", size, colour_of(number)).save(folder / name / f"{place:03}.png")
            colours.setdefault(name, []).append(colour_of(number))
            number += 1
    return colours


def write_image_folder(root: Path, *, train: int = 30, test: int = 4) -> None:
    """Three classes in `root/train` and `root/test`, with so many images each."""
    classes = ("ant", "bee", "cow")
    write_pictures(root / "train", dict.fromkeys(classes, train))
    write_pictures(root / "test", dict.fromkeys(classes, test), first=200)
