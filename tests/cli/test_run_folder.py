"""A folder that holds a run is told from one that does not, and emptied of nothing else."""

from pathlib import Path

import pytest
import torch

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


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("config.yaml", "no run to resume, as .*config.yaml does not exist"),
        (
            "checkpoints/last.ckpt",
            "last.ckpt does not exist: begin anew by tangle fit -c .* --over",
        ),
    ],
)
def test_only_a_whole_run_is_resumed(missing: str, message: str, tmp_path: Path) -> None:
    folder = _run(tmp_path)
    folder.check_resumable()
    (tmp_path / missing).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        folder.check_resumable()


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    RunFolder(tmp_path / "new" / "run").check_is_folder()
    for place in (tmp_path / "file", tmp_path / "file" / "new" / "run"):
        with pytest.raises(NotADirectoryError, match=f"--run is {place}, but .*file is a file"):
            RunFolder(place).check_is_folder()


def test_clearing_removes_the_run_and_nothing_else(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    folder.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    folder.check_free()


def test_a_run_that_is_set_aside_can_be_put_back(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    folder.set_aside()
    folder.check_free()
    folder.config.write_text("of the run in its place")
    folder.set_aside()  # which came to nothing, being killed before it began
    folder.config.write_text("of another")
    folder.put_back()
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert "of" not in folder.config.read_text()


@pytest.mark.parametrize("moved", range(4))
def test_a_run_is_whole_again_after_a_kill_while_it_is_moved(tmp_path: Path, moved: int) -> None:
    folder = _run(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    (tmp_path / ".moving").mkdir()
    for name in ("config.yaml", "architecture.yaml", "subnet", "checkpoints")[: moved + 1]:
        (tmp_path / name).replace(tmp_path / ".moving" / name)
    folder.recover()
    assert {path.name for path in tmp_path.iterdir()} == before


def test_a_run_is_put_back_when_the_one_in_its_place_was_killed_at_once(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    folder.set_aside()
    folder.config.write_text("of the run in its place")
    folder.recover()
    with pytest.raises(FileExistsError):
        folder.check_free()
    assert folder.config.read_text() == ""


def test_a_run_that_began_makes_the_former_one_go(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    folder.set_aside()
    _run(tmp_path)
    folder.set_aside()
    folder.put_back()
    assert folder.checkpoint.is_file()
    folder.forget_former()
    assert not (tmp_path / ".former").exists()


def _checkpoints(path: Path) -> RunFolder:
    """Return a run with a last checkpoint and the one before it."""
    folder = _run(path)
    for number, place in enumerate((folder.previous, folder.checkpoint)):
        torch.save({"weights": torch.full((50,), number), "name": "weights"}, place)
    return folder


@pytest.mark.parametrize("damage", ["cut short", "a bit is another", "empty", "gone"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = _checkpoints(tmp_path)
    assert folder.whole_checkpoint() == folder.checkpoint
    content = bytearray(folder.checkpoint.read_bytes())
    if damage == "a bit is another":
        content[content.index(b"\x01\x00\x00\x00\x00\x00\x00\x00" * 4)] ^= 2
    kept = {"cut short": len(content) // 2, "empty": 0}.get(damage, len(content))
    folder.checkpoint.write_bytes(content[:kept])
    if damage == "gone":
        folder.checkpoint.unlink()
    assert folder.whole_checkpoint() == folder.previous
    assert "last.ckpt is damaged: going on from the checkpoint before it" in caplog.text


def test_without_a_whole_checkpoint_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is damaged, and there is no whole.*--overwrite"):
        _run(tmp_path).whole_checkpoint()


def test_the_previous_checkpoint_takes_the_place_of_a_damaged_one(tmp_path: Path) -> None:
    folder = _checkpoints(tmp_path)
    folder.checkpoint.write_bytes(b"")
    folder.restore_checkpoint()
    assert folder.whole_checkpoint() == folder.checkpoint
    assert torch.load(folder.checkpoint, weights_only=True)["weights"].eq(0).all()


def test_a_run_that_never_saved_may_begin_again_and_one_with_results_may_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.yaml").write_text("")
    (tmp_path / "architecture.yaml").write_text("")
    folder = RunFolder(tmp_path)
    assert not folder.can_resume()
    folder.check_beginnable()
    (tmp_path / "anytime.csv").write_text("")
    with pytest.raises(FileExistsError, match="already holds a run"):
        folder.check_beginnable()
    assert _run(tmp_path).can_resume()
