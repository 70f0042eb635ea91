"""`tangle space` tells what a space is before any training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tangle.cli.main import main
from tangle.cli.space import with_values

CONFIGS = Path(__file__).parents[2] / "lightning_configs"
TOY = str(CONFIGS / "spaces" / "toy_conv_macro.yaml")


def test_a_space_without_data_or_algorithm_is_told(capsys, tmp_path):
    out = tmp_path / "space.json"
    assert main(["space", TOY, "--no-time", "--markdown", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["cardinality"] == 6561
    assert found["costs"][2]["parameters"] == 7_725_450
    assert "6,561 architectures" in capsys.readouterr().out


def test_overrides_change_the_space(capsys):
    words = ["--model.net.channels=[[2,4],[2,4],[2,4],[2,4]]", "--model.net.kernel_sizes=[3]"]
    assert main(["space", "-c", TOY, "--no-time", *words]) == 0
    assert "16 architectures" in capsys.readouterr().out


def test_values_of_overrides_may_be_words_of_their_own(capsys):
    words = ["--model.net.channels", "[[2,4],[2,4],[2,4],[2,4]]", "--no-time",
             "--model.net.kernel_sizes", "[3]", "-c", TOY]  # fmt: skip
    assert main(["space", *words]) == 0
    assert "16 architectures" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["--model.net.depth"],
        ["--model.x", "--no-time"],
        ["--model.x", "-c", "a"],
        ["--model.x=1", "a"],
    ],
)
def test_what_is_no_value_stays_apart(words):
    assert list(with_values(words, ["-c", "--no-time"])) == words


def test_mistakes_are_told_in_one_line(capsys):
    for arguments, message in (
        ([], "give one by -c FILE"),
        (["none.yaml"], "none.yaml does not exist"),
        ([str(Path(TOY).parent)], "does not exist"),
        (["lightning_configs/algorithms/drnas.yaml"], "add a space, such as -c lightning_configs"),
        ([TOY, "--btch-size", "3"], "--btch-size=3: did you mean --batch-size?"),
        ([TOY, "--batch-size", "0"], "--batch-size is 0"),
        ([TOY, "--input", "3x"], "--input is '3x'"),
        ([TOY, "--input", "1x32x32"], "does not fit in features.0"),
    ):
        assert main(["space", *arguments]) == 2
        assert message in capsys.readouterr().err


def test_a_network_that_is_another_superposed_is_refused(capsys, tmp_path):
    out = tmp_path / "space.json"
    words = ["--model.net=tests.metrics.wrong_nets.Gated", "--input=12", "--json", str(out)]
    words += ["--model.task=Classification", "--model.task.num_classes=3"]
    assert main(["space", "--no-time", "--markdown", *words]) == 2
    told = capsys.readouterr()
    assert "At width=4 the superposed network computes something else" in told.err
    assert "No. At width=4 the superposed network" in told.out
    assert json.loads(out.read_text())["exactness"]["inexactness"]["values"] == {"width": 4}


def test_a_network_that_is_the_same_is_told_so(capsys):
    assert main(["space", TOY, "--no-time", "--markdown", "--compare"]) == 0
    assert "Yes: " in capsys.readouterr().out.split("superposed, sliced and extracted?")[1]


def test_a_misspelt_option_of_the_model_is_refused_by_name(capsys):
    for words, message in (
        (["--model.weight_clp", "1"], "weight_clp"),
        (["--model.net.in_chanels", "1"], "in_chanels"),
        (["--model.net", "ToyConvMacr"], "did you mean ToyConvMacro?"),
    ):
        assert main(["space", TOY, "--no-time", *words]) == 2
        assert message in capsys.readouterr().err
