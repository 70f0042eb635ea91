"""A network's files compute what the slice does, in a process that has no tangle."""

from __future__ import annotations

import stat
import subprocess
import sys
from random import Random

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tangle.cli import network_folder
from tangle.cli.network_folder import (
    check_onnx,
    difference,
    read_network,
    read_onnx,
    write_network,
    write_onnx,
)
from tests.space_cases import CASES
from tests.test_invariants import build, example

ARCHITECTURES = 10
QUICK = 2
ALONE = """
import importlib.util, pathlib, sys
sys.modules["tangle"] = None  # any import of it fails
import torch
from safetensors.torch import load_file, load_model
worst = 0.0
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net = module.Network()
    load_model(net, folder / "weights.safetensors")
    known = load_file(folder / "outputs.safetensors")
    with torch.no_grad():
        worst = max(worst, float((net.eval()(known["x"]) - known["y"]).abs().max()))
print(worst)
"""


def networks(name, count):
    """Yield plain networks of random architectures, an input, and what their slice puts out."""
    for seed in range(count):
        supernet = build(CASES[name], dtype=torch.float32, train=False, seed=seed)
        arch, x = supernet.space.sample(Random(seed)), example(CASES[name], supernet)
        with torch.no_grad():
            yield supernet.extract(arch).requires_grad_(False), x, supernet(x, arch)


@pytest.mark.parametrize("count", [QUICK, pytest.param(ARCHITECTURES, marks=pytest.mark.slow)])
def test_files_of_every_space_compute_the_slice_s_outputs_without_tangle(count, tmp_path):
    for name in CASES:
        for number, (net, x, y) in enumerate(networks(name, count)):
            folder = tmp_path / f"{name}_{number}"
            folder.mkdir()
            assert write_network(folder, net, x, about="A network.") == ""
            save_file({"x": x, "y": y.contiguous()}, folder / "outputs.safetensors")
    run = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) <= 1e-5


def _check_onnx(name, tmp_path, count):
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    for net, x, y in networks(name, count):
        write_onnx(tmp_path, net, x)
        assert difference(read_onnx(tmp_path)(x), y) <= 1e-4
        one = read_onnx(tmp_path)(x[:1])  # another size of the batch
        assert difference(one, net(x[:1])) <= 1e-4


@pytest.mark.parametrize("name", CASES)
def test_onnx_computes_the_slice_s_outputs(name, tmp_path):
    _check_onnx(name, tmp_path, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_onnx_of_ten_architectures_computes_the_slice_s_outputs(name, tmp_path):
    _check_onnx(name, tmp_path, ARCHITECTURES)


class Calls(nn.Module):
    """Has no source: it calls what is no function of torch's."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x):
        return outside(self.linear(x))


@torch.fx.wrap
def outside(x):
    return x.sin() + 1


def test_without_source_there_is_a_program(tmp_path, caplog):
    net, x = Calls().eval().requires_grad_(False), torch.randn(4, 3)
    assert "which is no function of torch" in write_network(tmp_path, net, x, about="")
    assert {path.name for path in tmp_path.iterdir()} == {"model.pt2", "weights.safetensors"}
    for batch in (x, x[:2]):
        torch.testing.assert_close(read_network(tmp_path)(batch), net(batch))
    assert "its program is written instead" in caplog.text


def test_source_that_would_compute_something_else_is_not_written(tmp_path, monkeypatch):
    original = network_folder.write_source

    def wrong(*args, **options):
        source = original(*args, **options)
        source.tensors["0.bias"] = source.tensors["0.bias"] + 1
        return source

    monkeypatch.setattr(network_folder, "write_source", wrong)
    net, x = nn.Sequential(nn.Linear(3, 3)).eval().requires_grad_(False), torch.randn(4, 3)
    assert "computes something else" in write_network(tmp_path, net, x, about="")
    torch.testing.assert_close(read_network(tmp_path)(x), net(x))


def test_weights_are_as_readable_as_other_files(tmp_path):
    write_network(tmp_path, nn.Sequential(nn.Linear(2, 2)).eval(), torch.ones(2, 2), about="")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setattr(network_folder.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"--onnx needs onnx, .*tangle-nas\[export\]"):
        check_onnx()


def test_differences_are_of_the_largest_output():
    one = torch.tensor([100.0, 1.0])
    assert difference(one + 1e-3, one) == pytest.approx(1e-5, rel=0.05)
    assert difference(torch.tensor([1e-3]), torch.tensor([0.0])) == pytest.approx(1e-3)
    assert difference(one, one[:1]) == float("inf")
    assert not difference(one, torch.tensor([float("nan"), 1])) <= 1
