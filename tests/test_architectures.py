"""Published architectures load in the spaces that they are of, and are what was published."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tangle.core import load_architecture, read_architecture_file
from tangle.nn import gather_space
from tangle.spaces import GPT, ToyConvMacro

FOLDER = Path(__file__).parents[1] / "lightning_configs" / "architectures"
SPACES = {
    "toy_conv_macro": gather_space(ToyConvMacro()),
    "gpt": gather_space(GPT(64, 8)),  # whose vocabulary and block size are no choices
}
FILES = sorted(FOLDER.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_it_loads_in_its_space_and_says_where_it_is_from(path):
    space, content = SPACES[path.parent.name], read_architecture_file(path)
    assert space.describe(load_architecture(path, space)) == content["architecture"]
    assert content["provenance"].keys() >= {"found by", "source"}


def test_parameters_of_language_models_are_those_of_the_paper_s_table_8():
    """All but the position table, as the paper counts."""
    counted = {}
    for path in (FOLDER / "gpt").glob("*.yaml"):
        content = read_architecture_file(path)
        arch = content["architecture"]
        e, ratios = arch["embed_dim"], [arch[f"mlp_ratio_{i}"] for i in range(arch["depth"])]
        counted[path.stem] = 50304 * e + sum(4 * e * e + 2 * r * e * e + 2 * e for r in ratios) + e
        assert content["provenance"].get("parameters", counted[path.stem]) == counted[path.stem]
    assert counted["random_search_0.8"] == 77_571_840
    assert counted["evolution_0.8"] == 78_751_488


@pytest.mark.data
def test_accuracies_of_the_toy_space_are_those_of_the_benchmark(data_root):
    with (data_root / "benchmarks" / "toy_conv_macro.csv").open() as file:
        table = {
            tuple(int(row[f"{kind}{i}"]) for kind in "ck" for i in range(1, 5)):
                float(row["test_acc"])
            for row in csv.DictReader(file)
        }  # fmt: skip
    for path in (FOLDER / "toy_conv_macro").glob("*.yaml"):
        content = read_architecture_file(path)
        names = [f"{name}_{i}" for name in ("channels", "kernel_size") for i in range(1, 5)]
        key = tuple(content["architecture"][name] for name in names)
        known = content["provenance"]["benchmark test accuracy"]
        assert table[key] == pytest.approx(known, abs=0.006), path
    assert max(table.values()) == pytest.approx(84.41)
