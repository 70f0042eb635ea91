"""A small set of images as the Hugging Face hub keeps it: Parquet files, a few for each split."""

import io
from collections.abc import Sequence
from pathlib import Path

import datasets
from PIL import Image

from tests.data.pictures import colour_of

CLASSES = ["ant", "bee", "cow"]


def encoded(number: int) -> dict[str, object]:
    """A picture of one colour, by which it is known."""
    buffer = io.BytesIO()
    Image.new("RGB", (12, 10), colour_of(number)).save(buffer, "PNG")
    return {"bytes": buffer.getvalue(), "path": f"{number}.png"}


def rows(
    number: int,
    *,
    first: int = 0,
    classes: Sequence[str] = CLASSES,
    labels: list[int] | None = None,
) -> datasets.Dataset:
    """So many pictures from `first` on, of each class in turn."""
    features = {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(classes))}
    columns = {
        "image": [encoded(first + place) for place in range(number)],
        "label": [place % len(classes) for place in range(number)] if labels is None else labels,
    }
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


def write_parquet(root: Path, **splits: datasets.Dataset) -> None:
    """Two files for each split, under the names that the hub gives them."""
    (root / "data").mkdir(parents=True, exist_ok=True)
    datasets.disable_progress_bars()
    for name, table in splits.items():
        for shard in range(2):
            path = root / "data" / f"{name}-{shard:05}-of-00002.parquet"
            table.shard(2, shard, contiguous=True).to_parquet(path)


def write_hub_images(root: Path, *, train: int = 90, test: int = 12) -> None:
    """Three classes in two splits."""
    write_parquet(root, train=rows(train), test=rows(test, first=200))
