"""A network alone is read as with Lightning, but without it; all else is left to that."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from tangle.cli.network_config import read_network, search_options
from tangle.cli.whole_config import read_whole
from tangle.modules import SearchModule

ROOT = Path(__file__).parents[2]
SPACES = ROOT / "lightning_configs" / "spaces"
TOY = str(SPACES / "toy_conv_macro.yaml")
ALONE = ("autoformer", "darts", "mobilenetv3", "nasbench201", "toy_cell", "toy_conv_macro",
         "toy_conv_macro_short")  # fmt: skip


def test_a_space_is_told_without_lightning() -> None:
    code = "import sys; from tangle.cli.main import main; " \
           f"assert main(['space', {TOY!r}, '--no-time']) == 0; " \
           "print({'lightning', 'torchmetrics', 'matplotlib'} & set(sys.modules))"  # fmt: skip
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "6,561 architectures" in run.stdout
    assert run.stdout.endswith("set()\n"), run.stdout + run.stderr


@pytest.mark.parametrize("name", ALONE)
def test_a_shipped_space_is_read_as_with_lightning(name: str) -> None:
    files = [str(SPACES / f"{name}.yaml")]
    assert read_network(files, []) == _with_lightning(files, [])


def test_later_files_and_options_count_as_with_lightning(tmp_path: Path) -> None:
    later = tmp_path / "later.yaml"
    later.write_text("model: {net: {init_args: {entangle: false}}, weight_clip: 1e-1}\n")
    files = [str(SPACES / "nasbench201.yaml"), str(later)]
    for words in (
        ["--model.net.num_classes", "100", "--model.init_args.arch_warmup=0.5"],
        ["--model.net", "ToyCell", "--model.net.init_args.entangle=true"],
        ["--model.algorithm", "DrNAS", "--model.scheduler", "null"],
    ):
        found = read_network(files, words)
        assert found == _with_lightning(files, words)
        assert found["model"]["init_args"]["weight_clip"] == 0.1


def test_options_are_those_of_the_search_module() -> None:
    ours, theirs = (inspect.signature(f).parameters for f in (search_options, SearchModule))
    assert list(ours) == list(theirs)
    hints, their_hints = get_type_hints(search_options), get_type_hints(SearchModule.__init__)
    for name, option in ours.items():
        assert (option.kind, option.default) == (theirs[name].kind, theirs[name].default)
        if not name.endswith("scheduler"):  # where Lightning adds a class of its own
            assert _parts(hints[name]) == _parts(their_hints[name]), name


@pytest.mark.parametrize(
    "words",
    [
        ["--model.weight_clp", "1"],
        ["--model.net.in_chanels", "1"],
        ["--model.net.in_channels", "many"],
        ["--model.weight_optimizer.init_args.lrr", "1"],
        ["--model.class_path", "tangle.modules.SubnetModule"],
        ["--model.scheduler", "ReduceLROnPlateau"],
        ["--model.net.help"],
        ["--data", "tangle.data.FashionMNIST"],
        ["--print_config"],
    ],
)
def test_anything_else_is_left_to_lightning(words: list[str]) -> None:
    assert read_network([TOY], words) is None


@pytest.mark.parametrize(
    "text",
    [
        "data: {class_path: tangle.data.FashionMNIST}",
        "model: {class_path: tangle.modules.SubnetModule}",
        "model: {init_args: {}, net: ToyCell}",
        "net: ToyCell",
        "trainer: gpu",
        "a list",
        "",
        "model: {",
    ],
)
def test_a_file_with_anything_else_is_left_to_lightning(text: str, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(text)
    assert read_network([TOY, str(other)], []) is None
    assert read_network([TOY, str(tmp_path / "none.yaml")], []) is None


def _with_lightning(files: list[str], words: list[str]) -> dict[str, object]:
    config = read_whole(files, words)
    assert config["data"] is None
    return {"model": config["model"]}


def _parts(hint: object) -> object:
    return [_parts(part) for part in get_args(hint)] or hint
