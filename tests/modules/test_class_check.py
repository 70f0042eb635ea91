"""Data with more classes than the task are refused before training."""

from types import SimpleNamespace
from typing import Any

import pytest

from tangle.cli.main import main
from tangle.modules import Classification
from tangle.modules.class_check import check_classes


def trainer(num_classes: int | None) -> Any:
    return SimpleNamespace(datamodule=SimpleNamespace(num_classes=num_classes))


def test_as_many_classes_or_more_or_an_unknown_number_are_fine() -> None:
    for number in (3, 2, None):
        check_classes(trainer(number), Classification(3))
    check_classes(SimpleNamespace(), Classification(3))  # type: ignore[arg-type]  # no data module


def test_fewer_classes_are_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"has 4 classes, but .* is 3: set num_classes .* to 4"):
        check_classes(trainer(4), Classification(3))


def test_a_search_refuses_them_without_a_traceback(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["fit", "-c", "lightning_configs/quickstart.yaml", "--run", str(tmp_path / "run")]
    assert main([*words, "--model.net.num_classes", "7", "--model.task.num_classes", "7"]) == 2
    error = capsys.readouterr().err
    assert "FashionMNIST has 10 classes, but the task's num_classes is 7" in error
    assert "Traceback" not in error
