from pathlib import Path

import pytest
import torch

from tangle.data.records import read_records


def test_records_are_split_into_images_and_their_last_label(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes([7, 1, *range(6), 7, 2, *range(6, 12)]))
    images, labels = read_records(path, 2, num_labels=2, image_shape=(1, 2, 3))
    assert torch.equal(images.flatten(), torch.arange(12, dtype=torch.uint8))
    assert images.shape == (2, 1, 2, 3)
    assert labels.tolist() == [1, 2]


@pytest.mark.parametrize(("length", "word"), [(13, "truncated"), (15, "too long"), (0, "trunc")])
def test_a_file_of_another_size_is_refused(tmp_path: Path, length: int, word: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(length))
    with pytest.raises(ValueError, match=rf"a.bin has {length} bytes.* 14 of 2 records.*{word}"):
        read_records(path, 2, num_labels=1, image_shape=(1, 2, 3))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a.bin is missing. Delete .* and download"):
        read_records(tmp_path / "a.bin", 2, num_labels=1, image_shape=(1, 2, 3))
