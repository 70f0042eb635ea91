"""A folder that holds a run is told from one that does not, and emptied of nothing else."""

from pathlib import Path

import pytest

from tangle.cli.run_folder import RunFolder


def _run(path: Path) -> RunFolder:
    for name in (
        "config.yaml",
        "architecture.yaml",
        "checkpoints/last.ckpt",
        "subnet/x",
        "mine.txt",
    ):
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("")
    return RunFolder(path)


def test_a_run_is_not_overwritten_and_the_ways_out_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match=r"holds a run.*--resume.*--run DIR.*--overwrite"):
        _run(tmp_path).check_free()


def test_a_folder_of_other_things_is_free(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("")
    RunFolder(tmp_path).check_free()
    RunFolder(tmp_path / "new").check_free()


@pytest.mark.parametrize("missing", ["config.yaml", "checkpoints/last.ckpt"])
def test_only_a_whole_run_is_resumed(missing: str, tmp_path: Path) -> None:
    folder = _run(tmp_path)
    folder.check_resumable()
    (tmp_path / missing).unlink()
    with pytest.raises(
        FileNotFoundError, match=rf"no run to resume, as .*{missing} does not exist"
    ):
        folder.check_resumable()


def test_clearing_removes_the_run_and_nothing_else(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    folder.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    folder.check_free()
