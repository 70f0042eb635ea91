import pickle
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch

from tangle.data import ImageNet16
from tests.data.imagenet16_file import SIZES, write_imagenet16

PUBLISHED = ImageNet16.sizes


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ImageNet16, "sizes", SIZES)
    write_imagenet16(tmp_path)
    return tmp_path


def test_the_published_sizes_are_asked_for() -> None:
    assert PUBLISHED == (151_700, 6_000)
    assert ImageNet16.num_classes == 120


def test_images_are_those_of_the_file_normalised(root: Path) -> None:
    held = write_imagenet16(root)
    module = ImageNet16(root)
    x, y = next(iter(module.test_dataloader()))
    mean = torch.tensor([122.68, 116.66, 104.01])[:, None, None]
    std = torch.tensor([63.22, 61.26, 65.09])[:, None, None]
    expected = (torch.from_numpy(held["test_images"][: len(x)]) - mean) / std
    torch.testing.assert_close(x, expected, atol=1e-5, rtol=1e-5)
    assert y.tolist() == held["test_labels"][: len(y)].tolist()


def test_parts_are_disjoint_and_hold_all_classes_alike(root: Path) -> None:
    module = ImageNet16(root, val_fraction=0.0)
    parts = [part for part in vars(module.split).values() if len(part)]
    assert torch.cat(parts).sort().values.equal(torch.arange(240))
    for part in parts:
        assert module.sources.labels[part].bincount(minlength=120).tolist() == [1] * 120


def test_an_absent_file_is_an_error_that_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"npz does not exist.* pickles .*convert .*root"):
        ImageNet16(tmp_path).setup("fit")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_images": np.zeros((7, 3, 16, 16), np.uint8)}, r"uint8 \[7, 3, 16, 16\].*Convert"),
        ({"train_images": np.zeros((240, 1, 16, 16), np.uint8)}, r"\[240, 1, 16, 16\]"),
        ({"test_labels": np.full(120, 120)}, "holds the class 120, but classes are 0 to 119"),
        ({"test_labels": np.array([{}] * 120)}, r"npz is damaged or not .*allow_pickle=False"),
    ],
    ids=["size", "channels", "label", "pickle"],
)
def test_other_contents_are_refused(
    root: Path, change: dict[str, np.ndarray], message: str
) -> None:
    np.savez(root / ImageNet16.file, **{**write_imagenet16(root), **change})
    with pytest.raises(ValueError, match=message):
        ImageNet16(root).setup("fit")


def test_a_truncated_file_is_refused(root: Path) -> None:
    path = root / ImageNet16.file
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ValueError, match="npz is damaged or not a conversion"):
        ImageNet16(root).setup("fit")


def test_a_pickle_under_its_name_is_refused_without_a_hint_to_load_it(root: Path) -> None:
    (root / ImageNet16.file).write_bytes(pickle.dumps({"data": [1]}))
    with pytest.raises(ValueError, match=r"npz is damaged .*it is no npz archive\. Convert"):
        ImageNet16(root).setup("fit")


def test_the_conversion_that_is_told_makes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ImageNet16").mkdir()
    names = [f"train_data_batch_{number}" for number in range(1, 11)] + ["val_data"]
    for number, name in enumerate(names):
        part = {"data": np.full((3, 768), number, np.uint8), "labels": [1, 120, 121]}
        Path("ImageNet16", name).write_bytes(pickle.dumps(part))
    code = (ImageNet16.__doc__ or "").split("```python\n")[1].split("```")[0]
    exec(textwrap.dedent(code), {})
    monkeypatch.setattr(ImageNet16, "sizes", (20, 2))
    sources = ImageNet16(tmp_path).sources
    assert sources.labels is not None
    assert sources.labels.tolist() == [0, 119] * 10
    assert sources.train.images[:, 0, 0, 0].tolist() == [n for n in range(10) for _ in range(2)]
    assert sources.test.images.unique().tolist() == [10]
