from pathlib import Path

import pytest
import torch

import tangle.data.download
from tangle.data import CIFAR10, CIFAR100, Cutout, RandomCrop, RandomFlip
from tests.data.cifar_records import COUNTS, write_records

PUBLISHED = {cifar: cifar.records_per_file for cifar in (CIFAR10, CIFAR100)}
CIFARS = pytest.mark.parametrize("cifar", [CIFAR10, CIFAR100], ids=lambda cifar: cifar.name)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for cifar, counts in COUNTS.items():
        monkeypatch.setattr(cifar, "records_per_file", counts)


@CIFARS
def test_images_and_labels_are_those_of_the_files(cifar: type[CIFAR10], tmp_path: Path) -> None:
    held = write_records(cifar, tmp_path)
    sources = cifar(tmp_path).sources
    for part in ("train", "test"):
        assert torch.equal(getattr(sources, part).images, held[part][0])
        assert torch.equal(getattr(sources, part).labels, held[part][1])


@CIFARS
def test_the_published_sizes_are_asked_for(cifar: type[CIFAR10]) -> None:
    assert len(cifar.train_files) * PUBLISHED[cifar]["train"] == 50_000
    assert PUBLISHED[cifar]["test"] == 10_000


@CIFARS
def test_pixels_are_normalised_per_channel(cifar: type[CIFAR10], tmp_path: Path) -> None:
    held = write_records(cifar, tmp_path)
    x, y = next(iter(cifar(tmp_path).test_dataloader()))
    mean, std = (torch.tensor(values)[:, None, None] for values in (cifar.mean, cifar.std))
    torch.testing.assert_close(x, (held["test"][0][: len(x)] / 255 - mean) / std)
    assert torch.equal(y, held["test"][1][: len(y)])


@CIFARS
def test_parts_are_disjoint_and_hold_all_classes_alike(
    cifar: type[CIFAR10], tmp_path: Path
) -> None:
    write_records(cifar, tmp_path)
    module = cifar(tmp_path, val_fraction=0.2)
    parts = vars(module.split).values()
    assert torch.cat(list(parts)).sort().values.equal(torch.arange(len(module.sources.train)))
    for part in parts:
        counts = module.sources.labels[part].bincount(minlength=cifar.num_classes)
        assert counts.max() - counts.min() <= 2


def test_training_images_are_augmented_and_others_are_not(tmp_path: Path) -> None:
    write_records(CIFAR10, tmp_path)
    augment = [RandomCrop(4), RandomFlip()]
    module = CIFAR10(tmp_path, augment=augment, augment_normalized=[Cutout(8)], batch_size=32)
    batch = next(iter(module.train_dataloader()))[0]
    for x, _ in batch.values():
        assert (x == 0).all(1).any()  # cut out, down to the mean colour
    assert not (next(iter(module.test_dataloader()))[0] == 0).all(1).any()
    known = {image.numpy().tobytes() for image in module.sources.train.images}
    mean, std = (torch.tensor(values)[:, None, None] for values in (CIFAR10.mean, CIFAR10.std))
    for image in next(iter(module.val_dataloader()))[0]:
        assert ((image * std + mean) * 255).round().byte().numpy().tobytes() in known


def test_images_are_resized_to_train_and_to_evaluate(tmp_path: Path) -> None:
    write_records(CIFAR10, tmp_path)
    module = CIFAR10(tmp_path, image_size=40, batch_size=16)
    loaders = [*module.train_dataloader().iterables.values(), module.test_dataloader()]
    assert {next(iter(loader))[0].shape[1:] for loader in loaders} == {(3, 40, 40)}


def test_a_truncated_file_is_named_with_its_sizes(tmp_path: Path) -> None:
    write_records(CIFAR10, tmp_path)
    path = tmp_path / CIFAR10.folder / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-3073])
    with pytest.raises(ValueError, match=r"data_batch_3.bin has 119,847 bytes.* 122,920 .*trunc"):
        CIFAR10(tmp_path).setup("fit")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_records(CIFAR10, tmp_path)
    (tmp_path / CIFAR10.folder / "test_batch.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"test_batch.bin is missing"):
        CIFAR10(tmp_path).setup("fit")


def test_a_label_out_of_range_is_named_with_its_file(tmp_path: Path) -> None:
    write_records(CIFAR10, tmp_path)
    path = tmp_path / CIFAR10.folder / "data_batch_2.bin"
    path.write_bytes(b"\x0c" + path.read_bytes()[1:])
    with pytest.raises(ValueError, match=r"data_batch_2.bin holds the class 12.* 0 to 9"):
        CIFAR10(tmp_path).setup("fit")


@CIFARS
def test_an_absent_folder_is_an_error_with_the_three_ways_out(
    cifar: type[CIFAR10], tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match=rf"{cifar.folder} does not exist") as error:
        cifar(tmp_path).setup("fit")
    for remedy in ("Set download to true", "extracted archive", "set root", cifar.archive_size):
        assert remedy in str(error.value)


def test_the_pickles_of_the_python_version_are_named_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-py").mkdir()
    (tmp_path / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(FileNotFoundError, match="cifar-10-batches-py there are pickles"):
        CIFAR10(tmp_path).setup("fit")


def test_a_failed_download_says_what_was_wanted_and_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **settings: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(tangle.data.download, "download_and_extract_archive", refuse)
    with pytest.raises(ConnectionError, match=r"CIFAR-100 \(169 MB\).* no route to host") as error:
        CIFAR100(tmp_path, download=True).prepare_data()
    assert "put the extracted archive into" in str(error.value)


def test_a_folder_that_lacks_a_file_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []
    monkeypatch.setattr(
        tangle.data.download,
        "download_and_extract_archive",
        lambda url, *args, **settings: fetched.append(url),
    )
    write_records(CIFAR10, tmp_path)
    (tmp_path / CIFAR10.folder / "test_batch.bin").unlink()
    CIFAR10(tmp_path, download=True).prepare_data()
    assert fetched == [CIFAR10.url]


def test_nothing_is_fetched_unless_asked_or_where_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tangle.data.download, "download_and_extract_archive", pytest.fail)
    CIFAR10(tmp_path).prepare_data()
    write_records(CIFAR10, tmp_path)
    CIFAR10(tmp_path, download=True).prepare_data()
