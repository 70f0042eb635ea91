"""Shipped configurations are found from any folder; test_packaging.py has those of a wheel."""

from pathlib import Path

import pytest

import tangle
from tangle.cli.compare import Method
from tangle.cli.main import main
from tangle.cli.shipped import of_shipped, shipped, with_shipped

ROOT = Path(__file__).parents[2]


def test_a_configuration_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shipped("quickstart.yaml") == ROOT / "lightning_configs" / "quickstart.yaml"


def test_the_one_within_an_installed_package_is_found(tmp_path, monkeypatch):
    inside = tmp_path / "tangle" / "lightning_configs" / "quickstart.yaml"
    inside.parent.mkdir(parents=True)
    inside.touch()
    monkeypatch.setattr(tangle, "__file__", str(tmp_path / "tangle" / "__init__.py"))
    assert shipped("quickstart.yaml") == inside


def test_one_that_is_nowhere_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tangle, "__file__", str(tmp_path / "tangle" / "__init__.py"))
    with pytest.raises(FileNotFoundError, match=r"lightning_configs/quickstart\.yaml is neither"):
        shipped("quickstart.yaml")


QUICKSTART, SPOS = "lightning_configs/quickstart.yaml", "lightning_configs/algorithms/spos.yaml"


def test_arguments_find_shipped_files_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ["-c", QUICKSTART, f"--config={SPOS}", "--run", "runs/mine", QUICKSTART[:-1]]
    assert with_shipped(given) == [
        "-c", f"{ROOT}/{QUICKSTART}", f"--config={ROOT}/{SPOS}", "--run", "runs/mine",
        QUICKSTART[:-1],
    ]  # fmt: skip


def test_all_parts_of_a_method_are_found_and_its_name_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (word,) = with_shipped([f"{SPOS},{QUICKSTART}+evolution"])
    method = Method.parse(word)
    assert (method.name, method.sampler) == ("spos+evolution", "evolution")
    assert method.files == (f"{ROOT}/{SPOS}", f"{ROOT}/{QUICKSTART}")
    (word,) = with_shipped([f"mine=own.yaml,{SPOS}"])
    assert word == f"mine=own.yaml,{ROOT}/{SPOS}"


def test_a_file_that_is_there_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / QUICKSTART).parent.mkdir()
    (tmp_path / QUICKSTART).touch()
    assert with_shipped(["-c", QUICKSTART]) == ["-c", QUICKSTART]


def test_what_only_mentions_a_shipped_file_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = [f"see {QUICKSTART}", f"other/{QUICKSTART}", f"./{QUICKSTART}", "quickstart", ""]
    assert with_shipped(given) == given


@pytest.mark.parametrize("verb", ["space", "compare", "fit"])
def test_every_verb_with_configurations_says_which_shipped_one_was_meant(
    verb, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main([verb, "-c", "lightning_configs/algorithms/dart.yaml"]) == 2
    assert capsys.readouterr().err.endswith(
        "did you mean lightning_configs/algorithms/darts.yaml?\n"
    )


def test_the_network_of_a_shipped_configuration_is_looked_at_from_any_folder(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["space", QUICKSTART, "--no-time"]) == 0
    assert "6,561 architectures" in capsys.readouterr().out


def test_nothing_is_meant_by_what_is_there_or_is_like_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lightning_configs").mkdir()
    own = tmp_path / "lightning_configs" / "quikstart.yaml"
    own.touch()
    for text in (f"{own} is empty", f"add {QUICKSTART}", "lightning_configs/zzz.yaml is gone", ""):
        assert of_shipped(text) == ""
