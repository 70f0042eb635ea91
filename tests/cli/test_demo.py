"""The demo, from one command to its table; shortened where only the numbers would differ."""

import csv
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file

from tangle.cli import demo
from tangle.cli.main import main
from tangle.core import load_architecture
from tangle.nn import Supernet
from tangle.spaces import ToyConvMacro

QUICKSTART = Path(__file__).parents[2] / "lightning_configs" / "quickstart.yaml"


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> Path:
    """Return the quickstart with one epoch and the smallest channels."""
    content = yaml.safe_load(QUICKSTART.read_text())
    content["trainer"] |= {"max_epochs": 1, "limit_train_batches": 3, "limit_val_batches": 1}
    content["model"]["init_args"]["arch_warmup"] = 0.0
    content["model"]["init_args"]["net"]["init_args"]["channels"] = [[2, 4]] * 4
    content["data"]["init_args"]["batch_size"] = 256
    path = tmp_path_factory.mktemp("demo") / "short.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_demo_compares_found_largest_smallest_and_random_networks(
    short, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(demo, "shipped", lambda name: short)
    run = tmp_path / "run"
    assert main(["demo", "--run", str(run), "--randoms", "2", "--epochs", "1"]) == 0
    rows = list(csv.DictReader((run / "comparison.csv").open()))
    names = [row["name"] for row in rows]
    assert names == ["found", "largest", "smallest", "random_1", "random_2"]
    sizes = {row["name"]: int(row["parameters"]) for row in rows}
    assert sizes["smallest"] <= min(sizes.values())
    assert max(sizes.values()) <= sizes["largest"]
    assert all(0 <= float(row["accuracy"]) <= 1 for row in rows)
    told = capsys.readouterr().out
    assert "mean of 2 random" in told
    again = f"fit -c {run}/config.yaml --run {run}_longer"  # which is there in any folder
    assert again in told
    expected = ("config.yaml", "architecture.yaml", "anytime.csv", "arch_weights.csv",
                "checkpoints/last.ckpt", "subnet/architecture.yaml")  # fmt: skip
    assert not [name for name in expected if not (run / name).is_file()]
    assert (run / "arch_weights.png").read_bytes().startswith(b"\x89PNG")
    options = yaml.safe_load(short.read_text())["model"]["init_args"]["net"]["init_args"]
    supernet = Supernet(ToyConvMacro(**options))
    found = load_architecture(run / "architecture.yaml", supernet.space)
    supernet.extract(found).load_state_dict(load_file(run / "subnet" / "weights.safetensors"))


def test_demo_does_not_replace_a_run_unasked(tmp_path, capsys):
    (tmp_path / "architecture.yaml").write_text("")
    assert main(["demo", "--run", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "already holds a run: choose another folder by --run DIR" in told
    assert "--resume" not in told  # which is no option of the demo


@pytest.mark.parametrize(("option", "least"), [("--epochs", 1), ("--randoms", 0)])
def test_the_demo_refuses_a_number_that_is_too_small_before_it_searches(option, least, capsys):
    assert main(["demo", option, str(least - 1)]) == 2
    assert f"{option} is {least - 1}: it must be at least {least}" in capsys.readouterr().err
