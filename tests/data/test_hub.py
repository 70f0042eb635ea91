import logging
import shutil
from pathlib import Path

import datasets
import pytest

from tangle.data.hub import HubSet, missing_shards
from tests.data.hub_format import rows, write_hub_images, write_parquet


@pytest.fixture
def root(tmp_path: Path, hub_cache: Path) -> Path:
    write_hub_images(tmp_path / "set", train=6, test=3)
    return tmp_path / "set"


def test_parquet_files_are_split_by_their_names_and_converted_once(
    root: Path, hub_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        first = HubSet(str(root))
        assert (first.splits, len(first.split("train"))) == (("train", "test"), 6)
    assert f"converting it once into {hub_cache}" in caplog.text
    caplog.clear()
    assert len(HubSet(str(root)).split("test")) == 3
    assert "converting" not in caplog.text


def test_what_save_to_disk_wrote_is_read_in_place(tmp_path: Path, hub_cache: Path) -> None:
    both = datasets.DatasetDict(train=rows(6), validation=rows(3))
    both.save_to_disk(tmp_path / "saved")
    found = HubSet(str(tmp_path / "saved"))
    assert (found.splits, len(found.split("train"))) == (("train", "validation"), 6)
    assert not hub_cache.exists()


def test_a_single_split_is_refused(tmp_path: Path, hub_cache: Path) -> None:
    rows(3).save_to_disk(tmp_path / "saved")
    with pytest.raises(ValueError, match=r"saved cannot be read .* a single split; save a Dataset"):
        HubSet(str(tmp_path / "saved")).split("train")


def test_a_damaged_file_and_a_folder_of_something_else_are_named(
    root: Path, tmp_path: Path
) -> None:
    path = next(root.rglob("train-00001*"))
    path.write_bytes(path.read_bytes()[:-40])
    for folder in (root, tmp_path / "empty"):
        folder.mkdir(exist_ok=True)
        with pytest.raises(ValueError, match=rf"{folder} cannot be read as a data set"):
            HubSet(str(folder)).split("train")


def test_a_split_that_is_not_there_is_told_with_those_that_are(root: Path) -> None:
    with pytest.raises(ValueError, match=r"has no split dev, but test, train: name one"):
        HubSet(str(root)).split("dev")


@pytest.mark.parametrize("place", ["nowhere", "/no/where", "./no/where", "a/b/c"])
def test_a_place_that_is_neither_a_folder_nor_a_name_of_the_hub_is_refused(
    place: str, hub_cache: Path
) -> None:
    with pytest.raises(FileNotFoundError, match=r"does not exist; give a folder, or a name"):
        HubSet(place).split("train")


def test_without_a_network_the_error_names_the_download_and_the_ways_out(hub_cache: Path) -> None:
    with pytest.raises(ConnectionError) as error:
        HubSet("a/b", size="1 GB", remedy="or do it by hand").split("train")
    for fact in ("a/b (1 GB)", str(hub_cache), "HF_HUB_OFFLINE", "HF_DATASETS_CACHE",
                 "or do it by hand", "Couldn't reach"):  # fmt: skip
        assert fact in str(error.value)


def test_offline_a_set_that_was_fetched_before_is_taken_from_the_cache(
    root: Path, hub_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = root.rename(root.parent / "b")
    builder = datasets.load_dataset_builder(str(root))
    builder.download_and_prepare()
    prepared = Path(builder.cache_dir)  # as the hub's own would lie there
    shutil.move(prepared, hub_cache / "a___b" / "default" / "0.0.0" / prepared.name)
    shutil.rmtree(root)
    with caplog.at_level(logging.WARNING):
        assert len(HubSet("a/b").split("train")) == 6
    assert "downloading" not in caplog.text


def test_a_download_is_told_with_its_size_before_it_starts(
    root: Path, hub_cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told_before = []

    class Hub:
        """A set that the hub has and the cache has not."""

        cache_dir = str(hub_cache / "a___b")
        info = datasets.DatasetInfo(download_size=3_210_000_000)

        def download_and_prepare(self) -> None:
            told_before.append(caplog.text)

        def as_dataset(self) -> datasets.DatasetDict:
            return datasets.DatasetDict(train=rows(3))

    monkeypatch.setattr(datasets, "load_dataset_builder", lambda name, config: Hub())
    with caplog.at_level(logging.WARNING):
        HubSet("a/b").split("train")
    assert f"a/b: downloading 3.21 GB from the Hugging Face hub into {hub_cache}" in told_before[0]


def test_one_of_several_configurations_is_named(tmp_path: Path, hub_cache: Path) -> None:
    for name, number in (("small", 3), ("large", 9)):
        write_parquet(tmp_path / "set" / name, train=rows(number))
    (tmp_path / "set" / "README.md").write_text(
        "---\nconfigs:\n"
        + "".join(
            f"- config_name: {name}\n  data_files: {name}/data/train-*\n"
            for name in ("small", "large")
        )
        + "---\n"
    )
    assert len(HubSet(str(tmp_path / "set"), "large").split("train")) == 9
    with pytest.raises(ValueError, match="Config name is missing"):
        HubSet(str(tmp_path / "set")).split("train")


def test_missing_files_are_counted_and_told(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert missing_shards(root) == {}
    next(root.rglob("train-00000*")).unlink()
    assert missing_shards(root) == {"train": 1}
    assert len(HubSet(str(root)).split("train")) == 3
    assert "1 of the files train-* are missing, and so are their rows" in caplog.text
