"""The summary tells what it knows."""

import pytest

from tangle.callbacks import ParameterSummary
from tests.planted import PlantedData, make_search, make_trainer


def test_parameters_are_told_and_no_flops(capsys: pytest.CaptureFixture[str]) -> None:
    module = make_search()
    trainer = make_trainer(epochs=1, callbacks=[ParameterSummary()])
    trainer.fit(module, PlantedData())
    shown = capsys.readouterr().out
    assert f"{sum(p.numel() for p in module.parameters()):,} parameters" in shown
    assert "supernet" in shown
    assert "FLOP" not in shown


def test_what_is_not_trained_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [(" ", ["0"]), ("Name", ["net"]), ("Params", ["3 "]), ("FLOPs", ["0"])]
    ParameterSummary.summarize(columns, 3000, 2000, 0.01, {"train": 1, "eval": 0}, 0)
    assert "3,000 parameters, 1,000 of them not trained" in capsys.readouterr().out
