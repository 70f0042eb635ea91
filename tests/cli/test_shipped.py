"""Shipped configurations are found from any folder; test_packaging.py has those of a wheel."""

from pathlib import Path

import pytest

import tangle
from tangle.cli.shipped import shipped

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
