"""Misspelt names are answered by those that were meant, and by nothing that is not like them."""

import pytest

import tangle.algorithms  # so that its names are known
import tangle.spaces  # noqa: F401
from tangle.cli.suggestions import closest, did_you_mean, of_class, of_option

OPTIONS = ["--trainer.max_epochs", "--model", "--model.task", "--data.batch_size", "-c"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Expected a dot import path string: DrNSA", ": did you mean DrNAS?"),
        ("Expected a dot import path string: tangle.algorithms.darts", ": did you mean DARTS?"),
        ("module 'tangle.spaces' has no attribute 'ToyConvMakro'", ": did you mean ToyConvMacro?"),
        ("Expected a dot import path string: Quixotic", ""),
        ("batch_size is 0", ""),
    ],
)
def test_classes(text: str, told: str) -> None:
    assert of_class(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("unrecognized arguments: --max_epochs 3", "--trainer.max_epochs"),
        ("unrecognized arguments: --task.num_classes 3", "--model.task.num_classes"),
        ("unrecognized arguments: --batch_size 3", "--data.batch_size"),
        ("Subcommand 'fit' does not accept option 'modle.class_path'", "--model.class_path"),
    ],
)
def test_options(text: str, told: str) -> None:
    assert of_option(text, OPTIONS) == f": did you mean {told}?"


@pytest.mark.parametrize("text", ["unrecognized arguments: --quixotic 3", "batch_size is 0"])
def test_nothing_is_made_up_for_options(text: str) -> None:
    assert of_option(text, OPTIONS) == ""


def test_the_case_does_not_matter() -> None:
    assert closest("drnas", ["DARTS", "DrNAS"]) == "DrNAS"
    assert did_you_mean("fitt", ["fit", "test"]) == ": did you mean fit?"
    assert did_you_mean("zzz", ["fit", "test"]) == ""
