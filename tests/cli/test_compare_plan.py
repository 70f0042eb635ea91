"""A comparison goes on if what is stored means what is asked for, and else tells what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tangle.cli.compare import merged_configuration
from tangle.cli.compare_plan import keep_plan

QUICKSTART = str(Path(__file__).parents[2] / "lightning_configs" / "quickstart.yaml")
SHARED = {"epochs": 1, "trials": 100}


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return merged_configuration(["-c", QUICKSTART])


def keep(out: Path, config: dict[str, Any], shared: dict[str, Any] = SHARED) -> None:
    keep_plan(out, shared, {"epochs": None, "trials": 100}, {"a": config}, merged_configuration)


def stored(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((out / "a" / "config.yaml").read_text())
    return content


def store(out: Path, content: dict[str, Any]) -> None:
    (out / "a" / "config.yaml").write_text(yaml.safe_dump(content))


def test_options_that_are_new_with_their_default_are_no_difference(
    config: dict[str, Any], tmp_path: Path
) -> None:
    keep(tmp_path, config)
    older = stored(tmp_path)
    del older["model"]["init_args"]["check_network"]  # of the module, as the next of a part of it
    del older["model"]["init_args"]["algorithm"]["init_args"]["seed"]
    del older["trainer"]["barebones"]
    del older["anytime"]
    store(tmp_path, older)
    (tmp_path / "compare.yaml").write_text("epochs: 1\n")
    keep(tmp_path, config)
    assert stored(tmp_path) == config
    assert yaml.safe_load((tmp_path / "compare.yaml").read_text()) == SHARED


def test_what_changed_is_named_and_the_folder_left_as_it_is(
    config: dict[str, Any], tmp_path: Path
) -> None:
    keep(tmp_path, config)
    other = stored(tmp_path)
    other["model"]["init_args"]["arch_every"] = 3
    del other["model"]["init_args"]["check_network"]
    store(tmp_path, other)
    with pytest.raises(
        ValueError, match=r"holds a comparison with other settings, by .*config\.yaml: "
        r"model\.init_args\.arch_every was 3 and is 1: choose another folder by --out",
    ):  # fmt: skip
        keep(tmp_path, config)
    assert stored(tmp_path) == other


def test_a_new_option_that_is_not_at_its_default_is_a_difference(
    config: dict[str, Any], tmp_path: Path
) -> None:
    keep(tmp_path, config)
    older = stored(tmp_path)
    del older["model"]["init_args"]["arch_every"]
    store(tmp_path, older)
    changed = merged_configuration(["-c", QUICKSTART, "--model.arch_every", "2"])
    with pytest.raises(ValueError, match=r"arch_every was 1 and is 2"):
        keep(tmp_path, changed)


def test_options_of_the_comparison_that_differ_are_named(
    config: dict[str, Any], tmp_path: Path
) -> None:
    keep(tmp_path, config)
    with pytest.raises(
        ValueError, match=r"compare\.yaml: epochs was 1 and is null; trials was 100"
    ):
        keep(tmp_path, config, {"epochs": None, "trials": 7})


def test_an_option_that_is_gone_is_named(config: dict[str, Any], tmp_path: Path) -> None:
    keep(tmp_path, config)
    older = stored(tmp_path)
    older["model"]["init_args"]["former_option"] = 1
    store(tmp_path, older)
    with pytest.raises(ValueError, match=r"can't go on with, by .*: .*former_option.*--out"):
        keep(tmp_path, config)
