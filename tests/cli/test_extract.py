"""`tangle extract`: from a run to a folder, and every mistake by its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tangle.cli import network_folder
from tangle.cli.main import main
from tangle.core import Choice, SearchSpace, save_architecture

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "tests" / "planted.yaml")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "search"
    main(["fit", "-c", CONFIG, "--run", str(folder), "--model.net.init_args.norm", "true"])
    return folder


@pytest.fixture(scope="module")
def trained(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "trained"
    main(["fit", "--search", str(run), "--run", str(folder), "--data.arch_fraction", "0"])
    return folder


def extract(run: Path, out: Path, *options: str) -> int:
    return main(["extract", str(run), "--out", str(out), *options])


def test_it_writes_the_folder_and_tells_what_recalibration_did(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract(run, tmp_path / "net") == 0
    assert {path.name for path in (tmp_path / "net").iterdir()} == {
        "README.md", "architecture.yaml", "config.yaml", "model.py", "parity.yaml",
        "weights.safetensors",
    }  # fmt: skip
    told = " ".join(capsys.readouterr().out.split())
    assert "with the supernet's running statistics" in told
    assert "sliced supernet, extracted network: " in told


def test_a_folder_is_replaced_only_if_forced_and_only_if_it_is_a_network(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "net"
    assert extract(run, out, "--arch", "smallest") == 0
    before = (out / "architecture.yaml").read_text()
    assert extract(run, out, "--arch", "largest") == 2
    assert "net exists: choose another folder by --out, or replace it by --force" in (
        capsys.readouterr().err
    )
    assert (out / "architecture.yaml").read_text() == before
    assert extract(run, out, "--arch", "largest", "--force") == 0
    assert (out / "architecture.yaml").read_text() != before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").touch()
    assert extract(run, tmp_path / "other", "--force") == 2
    assert "which --force does not replace" in capsys.readouterr().err
    assert (tmp_path / "other" / "mine.txt").exists()


def test_what_is_beside_a_network_is_not_removed_with_it(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "net"
    assert extract(run, out) == 0
    for name in ("csv", "__pycache__", "notes.txt"):
        (out / name).mkdir()
    assert extract(run, out, "--force") == 2
    assert "net holds notes.txt beside an extracted network" in capsys.readouterr().err
    (out / "notes.txt").rmdir()
    assert extract(run, out, "--force") == 0


def test_an_architecture_of_another_space_is_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = SearchSpace([Choice("width", (1, 9))])
    save_architecture(tmp_path / "other.yaml", {"width": 1}, other)
    assert extract(run, tmp_path / "net", "--arch", str(tmp_path / "other.yaml")) == 2
    assert "belongs to the search space" in capsys.readouterr().err
    assert extract(run, tmp_path / "net", "--arch", "none.yaml") == 2
    assert "There is no architecture file none.yaml" in capsys.readouterr().err
    assert not (tmp_path / "net").exists()


def test_a_missing_onnx_is_told_before_anything_is_done(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(network_folder.importlib.util, "find_spec", lambda name: None)
    assert extract(run, tmp_path / "net", "--onnx") == 2
    assert "tangle-nas[export]" in capsys.readouterr().err


def test_a_trained_network_is_extracted_as_it_is(trained: Path, tmp_path: Path) -> None:
    assert extract(trained, tmp_path / "net") == 0
    card = (tmp_path / "net" / "README.md").read_text()
    assert "trained for this architecture" in card
    main(["test", "--run", str(trained)])
    main(["test", "--run", str(tmp_path / "net")])
    results = [(folder / "test.yaml").read_text() for folder in (trained, tmp_path / "net")]
    assert results[0] == results[1]


def test_a_trained_network_has_one_architecture(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract(trained, tmp_path / "net", "--arch", "largest") == 2
    assert "trained one network: leave out --arch" in capsys.readouterr().err


def test_less_than_no_calibration_is_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract(trained, tmp_path / "net", "--calibration-batches", "-4") == 2
    assert "--calibration-batches is -4: it must be at least 0" in capsys.readouterr().err


def test_a_search_that_names_no_architecture_needs_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["fit", "-c", CONFIG, "--run", str(tmp_path / "spos"), "--trainer.max_epochs", "1",
          "-c", str(ROOT / "lightning_configs" / "algorithms" / "spos.yaml")])  # fmt: skip
    assert extract(tmp_path / "spos", tmp_path / "net") == 2
    assert "SPOS trained a supernet in" in capsys.readouterr().err
    assert extract(tmp_path / "spos", tmp_path / "net", "--arch", "largest") == 0
