import os
import stat
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tangle.core.atomic import replacing, replacing_folder, write_text


def test_file_has_the_text_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_text(tmp_path / "run" / "note.yaml", "größer: 1\n")
    assert (tmp_path / "run" / "note.yaml").read_bytes() == "größer: 1\n".encode()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["note.yaml"]


def test_reader_sees_the_old_file_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_text(path, "old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert temporary.parent == path.parent  # only then is the replacement atomic
        assert temporary.suffix == path.suffix
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_failure_keeps_the_old_file_and_cleans_up(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_text(path, "old")

    def fail_halfway() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half of the ne")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_file_is_as_readable_as_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "note.txt", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "note.txt").stat().st_mode) == 0o666 & ~mask


def test_weights_are_as_readable_as_any_new_file(tmp_path: Path) -> None:
    write_text(tmp_path / "note.txt", "text")
    with replacing(tmp_path / "weights.safetensors") as temporary:
        save_file({"weight": torch.ones(3)}, temporary)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_process_wide_umask_is_never_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(mask: int) -> int:
        raise AssertionError("files of other threads would be created with this umask")

    monkeypatch.setattr(os, "umask", refuse)
    write_text(tmp_path / "note.txt", "text")


def test_concurrent_writers_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    texts = [str(i) * 100_000 for i in range(8)]
    threads = [threading.Thread(target=write_text, args=(path, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_is_replaced_whole(tmp_path):
    for text in ("old", "new"):
        with replacing_folder(tmp_path / "a" / "net") as folder:
            (folder / f"{text}.txt").write_text(text)
    assert [path.name for path in (tmp_path / "a").rglob("*")] == ["net", "new.txt"]


@pytest.mark.parametrize("before", [True, False])
def test_an_interrupted_folder_leaves_what_was(tmp_path, before):
    if before:
        (tmp_path / "net").mkdir()
        (tmp_path / "net" / "old.txt").touch()

    def write():
        with replacing_folder(tmp_path / "net") as folder:
            (folder / "half.txt").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert [path.name for path in tmp_path.rglob("*.txt")] == (["old.txt"] if before else [])
    assert (tmp_path / "net").exists() == before
