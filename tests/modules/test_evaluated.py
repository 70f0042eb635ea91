"""Metrics are over the whole set, for each network under its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from tangle.modules import Classification
from tangle.modules.evaluated import Evaluated, Network
from tests.planted import CLASSES, PlantedData, make_trainer


class Two(Evaluated):
    """Has two networks that always answer the same."""

    def __init__(self, names: tuple[str, str]) -> None:
        super().__init__(Classification(CLASSES))
        self.names = names
        self.weight = nn.Parameter(torch.zeros(1))

    def networks(self, stage: str) -> Mapping[str, Network]:
        def always(answer: int) -> Network:
            return lambda x: nn.functional.one_hot(torch.full((len(x),), answer), CLASSES).float()

        return {name: always(i) for i, name in enumerate(self.names)}

    def forward(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize("stage", ["val", "test"])
def test_metrics_are_those_of_all_batches(stage: str) -> None:
    module, data = Two(("one", "")), PlantedData()
    trainer = make_trainer()
    run = {"val": trainer.validate, "test": trainer.test}[stage]
    metrics = run(module, data, verbose=False)[0]
    loader = data.val_dataloader() if stage == "val" else data.test_dataloader()
    target = torch.cat([y for _, y in loader])
    assert metrics[f"{stage}/one/accuracy"] == pytest.approx(float((target == 0).float().mean()))
    assert metrics[f"{stage}/accuracy"] == pytest.approx(float((target == 1).float().mean()))


@pytest.mark.parametrize("plain", [False, True], ids=["pairs", "inputs"])
def test_the_first_network_predicts(plain: bool) -> None:
    loader = PlantedData().predict_dataloader()
    inputs = torch.cat([x for x, _ in loader])
    batches = DataLoader(inputs, batch_size=16) if plain else loader
    outputs = make_trainer().predict(Two(("one", "other")), batches)
    assert outputs is not None
    assert torch.cat(outputs).argmax(-1).eq(0).all()
