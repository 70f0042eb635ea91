"""A network of a run, written into a folder with proof of what it computes."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import yaml
from lightning.pytorch import LightningDataModule, Trainer
from torch import Tensor, nn

import tangle
from tangle.cli.model_card import ModelCard
from tangle.cli.network_folder import (
    ONNX,
    ONNX_TOLERANCE,
    PROGRAM,
    SOURCE,
    TOLERANCE,
    WEIGHTS,
    difference,
    read_network,
    read_onnx,
    write_network,
    write_onnx,
)
from tangle.cli.run import ARCHITECTURE, Run, subnet_config
from tangle.core import Architecture, read_architecture_file, save_architecture
from tangle.core.atomic import replacing_folder
from tangle.metrics import count_macs, count_parameters, measure_latency, measure_memory
from tangle.modules import SearchModule, recalibrate
from tangle.modules.batches import first_batch, loaders_of, weight_part
from tangle.modules.judged import JudgedNetworks
from tangle.modules.recalibrate import has_statistics

CARD, _CONFIG, _PARITY = "README.md", "config.yaml", "parity.yaml"
FILES = (CARD, _CONFIG, _PARITY, ARCHITECTURE, SOURCE, PROGRAM, ONNX, WEIGHTS)
"""All that an extraction may write."""


def extract(
    run: Run, arch: Architecture, out: Path, *, onnx: bool = False, calibration_batches: int = 20
) -> ModelCard:
    """Write a network of a run into a folder, whole or not at all.

    Args:
        run: The run.
        arch: An architecture of its space.
        out: The folder; what it holds is replaced.
        onnx: Whether to write ONNX as well.
        calibration_batches: Training batches for running statistics of an inherited network.

    Returns:
        What is known of the network, which the folder's README tells.

    Raises:
        ValueError: If ONNX Runtime computes something else.
    """
    data = run.data()
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    inherited, inputs = run.network(arch), _inputs(data)
    net = copy.deepcopy(inherited)
    judged = {"net": net}
    if isinstance(run.module, SearchModule) and has_statistics(net) and calibration_batches > 0:
        batches = islice(weight_part(loaders_of(data)), calibration_batches)
        recalibrate(net, (x for x, _ in batches))
        judged["inherited"] = inherited
    metrics = _judge(run, judged, data)
    data.teardown("test")
    name = out.resolve().name
    with replacing_folder(out) as folder:
        no_source = write_network(folder, net, inputs, about=_about(name))
        if onnx:
            write_onnx(folder, net, inputs)
        parity = _parity(run, arch, inherited, net, inputs, folder, onnx=onnx)
        card = ModelCard(
            name=name,
            no_source=no_source,
            has_onnx=onnx,
            input_shape=inputs.shape[1:],
            metrics={m: value for (who, m), value in metrics.items() if who == "net"},
            recalibration={
                m: (value, metrics["net", m])
                for (who, m), value in metrics.items() if who == "inherited"
            },
            parameters=count_parameters(net),
            macs=count_macs(net, inputs[:1]),
            memory=measure_memory(net, inputs[:1]),
            latencies=[measure_latency(net, inputs[:1]), measure_latency(net, inputs)],
            architecture=run.space.describe(arch),
            provenance=_provenance(run, arch),
            parity=parity,
            parity_batch=len(inputs),
        )  # fmt: skip
        _write_rest(folder, run, arch, card)
    return card


def _inputs(data: LightningDataModule) -> Tensor:
    pair = first_batch(data, "test")
    assert pair is not None
    inputs: Tensor = pair[0]
    return inputs


def _judge(
    run: Run, networks: Mapping[str, nn.Module], data: LightningDataModule
) -> dict[tuple[str, str], float]:
    """Return metrics by name of the network and name of the metric, as `test/accuracy`."""
    module = JudgedNetworks(run.module.task, networks)
    talkative = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    level = talkative.level
    talkative.setLevel(logging.ERROR)  # of devices that are there, and what could be faster
    try:
        found = _metrics(module, data)
    finally:
        talkative.setLevel(level)
    module.cpu()
    split = {name: name.split("/") for name in found}
    return {(who, f"{stage}/{m}"): found[name] for name, (stage, who, m) in split.items()}


def _metrics(module: JudgedNetworks, data: LightningDataModule) -> dict[str, float]:
    trainer = Trainer(
        logger=False, enable_checkpointing=False, enable_progress_bar=False, devices=1,
        enable_model_summary=False, use_distributed_sampler=False,
    )  # fmt: skip
    found: dict[str, float] = {}
    if first_batch(data, "validate") is not None:
        found |= trainer.validate(module, datamodule=data, verbose=False)[0]
    return found | dict(trainer.test(module, datamodule=data, verbose=False)[0])


@torch.no_grad()
def _parity(
    run: Run, arch: Architecture, inherited: nn.Module, net: nn.Module, inputs: Tensor,
    folder: Path, *, onnx: bool,
) -> dict[str, tuple[float, float]]:  # fmt: skip
    """Return how far apart the outputs of networks are that should be the same, and the limits."""
    expected = net(inputs)
    apart: dict[str, tuple[float, float]] = {}
    if isinstance(run.module, SearchModule):
        sliced = run.module.supernet.eval()(inputs, arch)
        apart["sliced supernet, extracted network"] = (
            difference(inherited(inputs), sliced),
            TOLERANCE,
        )
    file = "model.py" if (folder / "model.py").is_file() else "model.pt2"
    read = difference(read_network(folder)(inputs), expected), TOLERANCE
    apart[f"extracted network, {file} with the weights"] = read
    if onnx:
        runtime = difference(read_onnx(folder)(inputs), expected), ONNX_TOLERANCE
        apart["extracted network, ONNX Runtime"] = runtime
    for pair, (found, most) in apart.items():
        if not found <= most:  # nor nan
            raise ValueError(
                f"{pair}: outputs on {len(inputs)} test inputs are {found:.1e} apart, more than "
                f"{most:.0e}, so nothing is written"
            )
    return apart


def _about(name: str) -> str:
    return (
        f"The network {name}, written by tangle {tangle.__version__}.\n\n"
        "    net = Network()\n"
        '    safetensors.torch.load_model(net, "weights.safetensors")\n'
        "    net.eval()"
    )


def _provenance(run: Run, arch: Architecture) -> dict[str, Any]:
    found: dict[str, Any] = {}
    own = run.folder.path / ARCHITECTURE
    if own.is_file():
        content = read_architecture_file(own)
        if content["architecture"] == run.space.describe(arch):
            found = dict(content.get("provenance") or {})
    return {
        **{name: value for name, value in found.items() if name not in ("metrics", "epochs")},
        "run": run.folder.path.name,
        "weights": "inherited from the supernet" if isinstance(run.module, SearchModule)
        else "trained for this architecture",
        "epochs": run.epochs,
        "space": run.space.hash,
        "seed": run.config.get("seed_everything"),
        "versions": f"tangle {tangle.__version__}, torch {torch.__version__}",
    }  # fmt: skip


def _write_rest(folder: Path, run: Run, arch: Architecture, card: ModelCard) -> None:
    """Write what is text: architecture, parity, card, and the configuration that judges it."""
    provenance = {**card.provenance, "metrics": dict(card.metrics)}
    save_architecture(folder / ARCHITECTURE, arch, run.space, provenance)
    parity = {
        "inputs": card.parity_batch,
        "differences": {pair: apart for pair, (apart, _) in card.parity.items()},
        "limits": {pair: most for pair, (_, most) in card.parity.items()},
    }
    (folder / _PARITY).write_text(yaml.safe_dump(parity, sort_keys=False), encoding="utf-8")
    config = subnet_config(run.config, architecture=ARCHITECTURE, checkpoint=WEIGHTS)
    (folder / _CONFIG).write_text(
        "# How to judge this network: tangle test --run THIS_FOLDER\n"
        + yaml.safe_dump(config, sort_keys=False),
        encoding="utf-8",
    )
    (folder / CARD).write_text(card.text(), encoding="utf-8")
