import sys
from pathlib import Path

import pytest

from tangle.data.mat_file import read_mat


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a\.mat is missing"):
        read_mat(tmp_path / "a.mat")


def test_without_scipy_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    (tmp_path / "a.mat").touch()
    with pytest.raises(ValueError, match=r"needs scipy: pip install tangle-nas\[downstream\]"):
        read_mat(tmp_path / "a.mat")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    (tmp_path / "a.mat").write_bytes(b"nothing that MATLAB wrote, but as long as a header" * 9)
    with pytest.raises(ValueError, match=r"a\.mat cannot be read: .*download it again"):
        read_mat(tmp_path / "a.mat")


def test_arrays_are_read_by_name(tmp_path: Path) -> None:
    io = pytest.importorskip("scipy.io")
    io.savemat(tmp_path / "a.mat", {"labels": [[3, 1, 2]]})
    assert read_mat(tmp_path / "a.mat")["labels"].tolist() == [3, 1, 2]
