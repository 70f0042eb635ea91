"""Parts of training batches, and inputs to calibrate on."""

import torch

from tangle.modules.batches import calibration_inputs, first_batch, weight_part
from tests.planted import PlantedData, make_search, make_trainer


def test_the_weight_part_is_the_batch_or_a_part_of_it() -> None:
    assert weight_part({"weights": (1, 2), "arch": (3, 4)}) == (1, 2)
    assert weight_part((1, 2)) == (1, 2)


def test_calibration_inputs_are_those_of_the_weights() -> None:
    trainer, data = make_trainer(), PlantedData()
    trainer.fit(make_search(), data)
    inputs = list(calibration_inputs(trainer, 4))
    expected = [x for x, _ in data.train_dataloader().iterables["weights"]][:4]
    torch.testing.assert_close(inputs, expected)
    assert list(calibration_inputs(trainer, 0)) == []


def test_without_a_data_module_there_are_none() -> None:
    trainer, data = make_trainer(), PlantedData()
    trainer.fit(make_search(), data.train_dataloader(), data.val_dataloader())
    assert list(calibration_inputs(trainer, 4)) == []


def test_the_first_batch_of_each_stage() -> None:
    data = PlantedData()
    for stage, loader in (
        ("fit", data.train_dataloader().iterables["weights"]),
        ("validate", data.val_dataloader()),
        ("test", data.test_dataloader()),
    ):
        torch.testing.assert_close(first_batch(data, stage), next(iter(loader)))
    data.val_dataloader = list  # type: ignore[method-assign,assignment]
    assert first_batch(data, "validate") is None
