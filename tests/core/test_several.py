import operator

import pytest
import torch
from torch import nn

import tangle.nn as tnn
from tangle.core import Choice

WIDTH = Choice("width", (8, 16))


@pytest.mark.parametrize(
    "operation",
    ["add", "sub", "truediv", "pow", "mod", "lt", "le", "gt", "ge"],
)
@pytest.mark.parametrize("size", [WIDTH, WIDTH * 2, WIDTH // 2], ids=str)
def test_arithmetic_that_sizes_have_not_names_the_one_they_have(operation, size) -> None:
    with pytest.raises(
        ValueError, match=r"several values, whose arithmetic is \*, // and round_to"
    ):
        getattr(operator, operation)(size, 4)


def test_numbers_before_a_size_are_refused_alike() -> None:
    for use in (lambda: 4 + WIDTH, lambda: 40 - WIDTH, lambda: 40 % WIDTH, lambda: 40 / WIDTH,
                lambda: 2**WIDTH, lambda: -WIDTH, lambda: WIDTH**-0.5,
                lambda: max(WIDTH, 12), lambda: sum([WIDTH, WIDTH])):  # fmt: skip
        with pytest.raises(ValueError, match="width has several values"):
            use()


def test_layers_of_torch_and_counts_refuse_a_size_by_naming_those_of_tangle() -> None:
    with pytest.raises(ValueError, match=r"use those of tangle\.nn"):
        nn.Conv2d(3, WIDTH, 3)
    with pytest.raises(ValueError, match=r"is no integer.*the depth of a tnn.Stack"):
        range(WIDTH)
    with pytest.raises(ValueError, match="is no integer"):
        float(WIDTH)


@pytest.mark.parametrize("size", [(3, 3), "same", None, torch.zeros(2)], ids=str)
def test_what_is_no_number_is_no_size(size) -> None:
    with pytest.raises(ValueError, match="is no size: give one number, a Choice, or arithmetic"):
        tnn.Conv2d(1, 2, 3, padding=size)


@pytest.mark.parametrize(
    "use",
    [
        lambda: nn.Linear(WIDTH, 3),
        lambda: nn.BatchNorm2d(WIDTH),
        lambda: nn.Embedding(5, WIDTH * 2),
        lambda: nn.ConvTranspose2d(4, 4, WIDTH),
        lambda: torch.zeros(1, WIDTH),
        lambda: torch.zeros(16).view(WIDTH, -1),
        lambda: torch.ones(2) * WIDTH,
        lambda: nn.MaxPool2d(WIDTH)(torch.zeros(1, 1, 32, 32)),
    ],
)
def test_functions_and_layers_of_torch_name_the_size_and_what_to_use(use) -> None:
    with pytest.raises(
        ValueError, match=r"^width( \* 2)?, given to torch's \w+, has several values.*tangle\.nn"
    ):
        use()
