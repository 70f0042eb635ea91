"""Progressive searches from the command line: stages of the shipped configurations."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tangle.algorithms import DrNAS
from tangle.cli.main import main
from tangle.cli.run import Run
from tangle.nn import Staged, Supernet
from tangle.spaces import DARTSNet, NASBench201
from tangle.spaces.blocks.partial_channels import PartialChannels

CONFIGS = Path(__file__).parents[1] / "lightning_configs"
NET = "--model.net"
BRIEF = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false",
         "--trainer.limit_train_batches", "1", "--trainer.limit_val_batches", "1",
         "--data.batch_size", "4", f"{NET}.in_channels", "1"]  # fmt: skip
SMALL = {
    "nasbench201": [f"{NET}.channels", "[4, 8]", f"{NET}.num_cells", "1"],
    "darts": [f"{NET}.channels", "12", f"{NET}.num_cells", "3", f"{NET}.num_nodes", "2"],
}
KEPT = {"nasbench201": 3, "darts": 4}
PARTS = {"nasbench201": 2, "darts": 4}


def fit(space: str, run: Path, *options: str) -> int:
    names = (
        f"spaces/{space}",
        f"spaces/{space}_progressive",
        "data/fashion_mnist",
        "algorithms/drnas",
    )
    files = [word for name in names for word in ("-c", str(CONFIGS / f"{name}.yaml"))]
    return main(
        [
            "fit",
            *files,
            *SMALL[space],
            *BRIEF,
            "--model.arch_warmup",
            "0",
            "--run",
            str(run),
            *options,
        ]
    )


def stages(net: nn.Module) -> set[int]:
    return {part.stage for part in net.modules() if isinstance(part, Staged)}


@pytest.mark.parametrize("space", SMALL)
def test_a_search_prunes_and_widens_and_a_resumed_one_goes_on_in_its_stage(space, tmp_path):
    run = tmp_path / "run"
    assert fit(space, run, "--trainer.max_epochs", "3", "--trainer.max_steps", "4") == 0
    paused = Run.load(run).module  # two updates, each of alphas and of weights: the first stage
    assert stages(paused) == {0}
    assert main(["fit", "--run", str(run), "--resume", "--trainer.max_steps", "-1"]) == 0
    search = Run.load(run)
    assert stages(search.module) == {1}
    assert {len(kept) for kept in search.module.algorithm.open.values()} == {KEPT[space]}
    net = search.network(search.architecture(None))
    assert {part.parts for part in net.modules() if isinstance(part, PartialChannels)} == {
        PARTS[space]
    }


def test_what_a_progressive_search_found_is_extracted_judged_and_trained(tmp_path):
    run, out, trained = (tmp_path / name for name in ("search", "net", "trained"))
    assert fit("nasbench201", run, "--trainer.max_epochs", "2") == 0
    assert main(["extract", str(run), "--out", str(out)]) == 0
    card = (out / "README.md").read_text()
    assert "stage" not in card
    for folder in (run, out):
        assert main(["test", "--run", str(folder)]) == 0
    found, extracted = (yaml.safe_load((f / "test.yaml").read_text()) for f in (run, out))
    assert found["test/best/loss"] == pytest.approx(extracted["test/loss"], rel=1e-4)
    words = ["-c", str(CONFIGS / "train" / "nasbench201.yaml"), *BRIEF, "--trainer.max_epochs", "1"]
    assert main(["fit", "--search", str(run), *words, "--run", str(trained)]) == 0
    net = Run.load(trained).module.net
    assert not [part for part in net.modules() if isinstance(part, PartialChannels)]


def test_stages_that_do_not_fit_are_refused_before_training(tmp_path, capsys):
    run = tmp_path / "run"
    assert fit("nasbench201", run, f"{NET}.partial_channels", "[2, 4]") != 0
    assert "each less than that before it" in capsys.readouterr().err
    assert fit("nasbench201", run, f"{NET}.partial_channels", "2") != 0
    error = capsys.readouterr().err
    assert "ProgressiveWidening has 1 shares, for 2 stages, but the network has no stages" in error
    assert "Traceback" not in error
    assert not run.exists()


def kept_and_flops(supernet: Supernet, x: torch.Tensor) -> tuple[int, int]:
    """Bytes that a relaxed forward keeps for backward, and what it multiplies."""
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    arch = DrNAS(supernet.space).draw(0)[0]
    own = {p.untyped_storage().data_ptr() for p in supernet.parameters()}
    with (
        FlopCounterMode(display=False) as counter,
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
    ):
        y = supernet(x, arch)
    del y
    return sum(n for place, n in kept.items() if place not in own), counter.get_total_flops()


@pytest.mark.parametrize(
    "net",
    [
        lambda parts: NASBench201((16, 32), num_cells=1, partial_channels=parts),
        lambda parts: DARTSNet(24, num_cells=3, num_nodes=2, partial_channels=parts),
    ],
    ids=["nasbench201", "darts"],
)
def test_a_narrow_stage_takes_what_constantly_few_channels_take(net):
    x = torch.randn(4, 3, 16, 16)
    staged = Supernet(net([4, 2]))
    for stage, parts in enumerate((4, 2)):
        for part in staged.modules():
            if isinstance(part, Staged):
                part.begin(stage)
        kept, flops = kept_and_flops(staged, x)
        constant_kept, constant_flops = kept_and_flops(Supernet(net(parts)), x)
        assert flops == constant_flops
        assert kept <= 1.02 * constant_kept
