"""Published architectures load in the spaces that they are of, and are what was published."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from tangle.core import load_architecture, read_architecture_file
from tangle.metrics import count_parameters
from tangle.nn import Supernet
from tangle.spaces import GPT, AutoFormer, DARTSNet, MobileNetV3, ToyCell, ToyConvMacro
from tangle.spaces.darts_genotype import read_darts_genotype

FOLDER = Path(__file__).parents[1] / "lightning_configs" / "architectures"
with torch.device("meta"):
    SUPERNETS = {
        "toy_conv_macro": Supernet(ToyConvMacro()),
        "gpt": Supernet(GPT(64, 8)),  # whose vocabulary and block size are no choices
        "toy_cell": Supernet(ToyCell()),
        "darts": Supernet(DARTSNet()),
        "mobilenetv3": Supernet(MobileNetV3()),
        "autoformer_t": Supernet(AutoFormer("T", mlp_ratio=(3, 3.5, 4))),
        "autoformer_s": Supernet(AutoFormer("S")),
        "autoformer_b": Supernet(AutoFormer("B")),
    }
SPACES = {name: supernet.space for name, supernet in SUPERNETS.items()}
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


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("autoformer_t/published", 5_867_944),  # as upstream counts, position tables included
        ("autoformer_s/published", 22_891_432),
        ("autoformer_b/published", pytest.approx(54e6, rel=0.01)),  # 54M in its paper
        ("mobilenetv3/note8_22ms", pytest.approx(4.3e6, abs=5e4)),
        ("mobilenetv3/note8_31ms", pytest.approx(4.6e6, abs=5e4)),
    ],
)
def test_networks_of_others_have_their_published_parameters(name, count):
    path = FOLDER / f"{name}.yaml"
    supernet = SUPERNETS[path.parent.name]
    counted = count_parameters(supernet.extract(load_architecture(path, supernet.space)))
    assert counted == count
    assert read_architecture_file(path)["provenance"]["parameters"] == counted


@pytest.mark.parametrize("path", sorted((FOLDER / "darts").glob("*.yaml")), ids=lambda p: p.stem)
def test_cells_are_those_of_their_genotype(path):
    content = read_architecture_file(path)
    assert read_darts_genotype(content["provenance"]["genotype"]) == content["architecture"]


@pytest.mark.data
def test_the_optimum_of_toy_cells_is_that_of_the_benchmark(data_root):
    with (data_root / "benchmarks" / "toy_cell.csv").open() as file:
        best = max(csv.DictReader(file), key=lambda row: float(row["test_acc"]))
    content = read_architecture_file(FOLDER / "toy_cell" / "optimum.yaml")
    assert {name: best[name] for name in content["architecture"]} == content["architecture"]
    assert float(best["test_acc"]) == content["provenance"]["benchmark test accuracy"]


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
