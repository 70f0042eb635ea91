import logging
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torchvision import datasets

from tangle.data import FashionMNIST
from tangle.data.transforms import RandomCrop
from tests.data.fashion_files import write_fashion


@pytest.fixture
def miniature(tmp_path: Path) -> Path:
    """A folder in torchvision's layout with 80 training and 30 test images."""
    write_fashion(tmp_path)
    return tmp_path


def raw_pixels(images: Tensor) -> Tensor:
    return (images * 0.3530 + 0.2859).mul(255).round().byte()


def test_without_a_root_the_embedded_subset_is_used_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        sources = FashionMNIST().sources
    assert "embedded subset of 6000 training and 2000 test images" in caplog.text
    assert (len(sources.train), len(sources.test)) == (6000, 2000)
    assert sources.labels is not None
    assert sources.labels.bincount().tolist() == [600] * 10
    assert sources.test.labels.bincount().tolist() == [200] * 10


def test_the_embedded_search_has_three_stratified_parts() -> None:
    module = FashionMNIST()
    split = module.split
    labels = module.sources.labels
    assert {name: len(part) for name, part in vars(split).items()} == {
        "weights": 2700,
        "arch": 2700,
        "val": 600,
    }
    for part in vars(split).values():
        counts = labels[part].bincount(minlength=10)
        assert counts.max() - counts.min() <= 2


def test_a_batch_is_normalised_and_the_pixels_are_unchanged(miniature: Path) -> None:
    module = FashionMNIST(miniature, batch_size=16)
    x, y = next(iter(module.test_dataloader()))
    full = datasets.FashionMNIST(str(miniature), train=False)
    assert x.dtype == torch.float32
    assert x.shape[1:] == module.image_shape
    assert torch.equal(raw_pixels(x).squeeze(1), full.data[: len(x)])
    assert torch.equal(y, full.targets[: len(y)])


def test_images_are_resized_to_train_and_to_evaluate(miniature: Path) -> None:
    module = FashionMNIST(miniature, image_size=36, batch_size=16)
    for loader in (*module.train_dataloader().iterables.values(), module.val_dataloader(),
                   module.test_dataloader()):  # fmt: skip
        assert next(iter(loader))[0].shape[1:] == (1, 36, 36)
    with pytest.raises(ValueError, match="image_size is 0; it must be at least 1 pixel"):
        FashionMNIST(image_size=0)


def test_a_root_gives_all_images_of_the_folder(miniature: Path) -> None:
    sources = FashionMNIST(miniature).sources
    assert (len(sources.train), len(sources.test)) == (80, 30)


def test_training_images_are_augmented_and_validation_images_are_not(miniature: Path) -> None:
    module = FashionMNIST(miniature, batch_size=16, augment=[RandomCrop(3)])
    images = {image.numpy().tobytes() for image in module.sources.train.images}
    seen = {
        "val": next(iter(module.val_dataloader()))[0],
        **{name: x for name, (x, _) in next(iter(module.train_dataloader()))[0].items()},
    }
    known = {
        name: sum(image.numpy().tobytes() in images for image in raw_pixels(x))
        for name, x in seen.items()
    }
    assert known["val"] == len(seen["val"])
    assert max(known["weights"], known["arch"]) < 4  # unmoved by chance: 1 in 49


def test_an_absent_folder_is_an_error_with_the_three_ways_out(tmp_path: Path) -> None:
    module = FashionMNIST(tmp_path / "nowhere")
    with pytest.raises(
        FileNotFoundError, match=r"nowhere/FashionMNIST/raw does not exist"
    ) as error:
        module.setup("fit")
    for remedy in ("Set download to true", "train-images-idx3-ubyte", "leave root out"):
        assert remedy in str(error.value)


def test_a_truncated_file_is_named_with_its_sizes(miniature: Path) -> None:
    path = miniature / "FashionMNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte has 62,636 bytes .* 62,736"):
        FashionMNIST(miniature).setup("fit")


def test_a_missing_file_is_named(miniature: Path) -> None:
    (miniature / "FashionMNIST" / "raw" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="t10k-labels-idx1-ubyte is missing"):
        FashionMNIST(miniature).setup("fit")


def test_a_download_needs_a_folder() -> None:
    with pytest.raises(ValueError, match="download is true but root is not set"):
        FashionMNIST(download=True)


def test_a_failed_download_says_what_was_wanted_and_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **settings: object) -> None:
        raise RuntimeError("no route to host")

    monkeypatch.setattr(datasets.FashionMNIST, "__init__", refuse)
    with pytest.raises(
        ConnectionError, match=r"\(30 MB\) could not be .*no route to host"
    ) as error:
        FashionMNIST(tmp_path, download=True).prepare_data()
    assert "leave root out" in str(error.value)


def test_nothing_is_fetched_unless_asked_or_where_it_is_there(
    miniature: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.FashionMNIST, "__init__", pytest.fail)
    FashionMNIST("anywhere").prepare_data()
    FashionMNIST(miniature, download=True).prepare_data()


@pytest.mark.data
def test_the_full_set_has_its_published_sizes_and_statistics(data_root: Path) -> None:
    sources = FashionMNIST(data_root).sources
    assert sources.labels is not None
    assert sources.labels.bincount().tolist() == [6000] * 10
    assert sources.test.labels.bincount().tolist() == [1000] * 10
    pixels = sources.train.images.double() / 255
    assert pixels.mean().item() == pytest.approx(0.2859, abs=1e-3)
    assert pixels.std().item() == pytest.approx(0.3530, abs=1e-3)


@pytest.mark.data
def test_the_embedded_subset_is_part_of_the_full_set(data_root: Path) -> None:
    full, embedded = FashionMNIST(data_root).sources, FashionMNIST().sources
    for part in ("train", "test"):
        known = {
            (image.numpy().tobytes(), int(label))
            for image, label in zip(
                getattr(full, part).images, getattr(full, part).labels, strict=True
            )
        }
        subset = getattr(embedded, part)
        drawn = {
            (image.numpy().tobytes(), int(label))
            for image, label in zip(subset.images, subset.labels, strict=True)
        }
        assert drawn <= known
        assert len(drawn) > 0.99 * len(subset)  # the full set itself repeats a few images
