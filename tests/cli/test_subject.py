"""A trained supernet has objectives, costs and an identity."""

from __future__ import annotations

import pytest
import torch
from torchmetrics import MetricCollection
from torchmetrics.aggregation import MeanMetric

from tangle.algorithms import SPOS
from tangle.cli.subject import Subject
from tangle.modules import Classification
from tests.planted import PlantedData, PlantedNet, make_search


def subject(net=None, data=None, **options):
    module = make_search(SPOS, net)
    return Subject(module, data or PlantedData(), device="cpu", **options)


def test_objectives_are_metrics_and_costs():
    found = subject().objectives(["accuracy", "loss", "params", "latency"])
    assert [o.larger_is_better for o in found] == [True, False, False, False]


def test_a_score_has_all_metrics_and_the_costs_that_are_objectives():
    given = subject()
    score = given.scorer(given.objectives(["accuracy", "params"]))
    assert set(score({"width": 0})) == {"accuracy", "loss", "params"}
    assert score({"width": 1})["params"] > score({"width": 0})["params"]


def test_statistics_come_from_the_training_data():
    asked = []

    class Data(PlantedData):
        def train_dataloader(self):
            asked.append("train")
            return super().train_dataloader()

    given = subject(PlantedNet(norm=True), Data())
    score = given.scorer(given.objectives(["accuracy"]))
    assert score({"width": 0}) == score({"width": 0})
    assert asked == ["train"]


def test_the_identity_follows_the_weights():
    given = subject()
    before = given.identity(latency=False)
    assert before == subject().identity(latency=False)
    assert given.identity(latency=True) == {**before, "latency_batch": 1}
    with torch.no_grad():
        given.module.supernet.net.layers[0].weight[0, 0] += 1e-3
    assert given.identity(latency=False) != before


def test_fewer_batches_can_judge():
    given, whole = subject(val_batches=2), subject()
    arch = given.space.largest()
    few, all_of_them = (s.scorer(s.objectives(["loss"]))(arch) for s in (given, whole))
    assert few["loss"] != all_of_them["loss"]
    assert given.identity(latency=False)["val_batches"] == 2


def test_a_run_without_validation_data_is_refused():
    class Data(PlantedData):
        def val_dataloader(self):
            return []

    with pytest.raises(ValueError, match=r"keeps no validation data .* val_fraction above 0"):
        subject(data=Data())


def test_a_metric_of_no_known_direction_is_refused():
    class Task(Classification):
        def metrics(self):
            return MetricCollection({"accuracy": MeanMetric(), "other": MeanMetric()})

    given = subject()
    given.module.task = Task(4)
    with pytest.raises(ValueError, match="'other' does not say whether more of it is better"):
        given.objectives(["other"])
    assert given.objectives(["accuracy"])[0].larger_is_better
