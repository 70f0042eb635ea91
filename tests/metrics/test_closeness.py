import math
from dataclasses import dataclass

import torch

from tangle.metrics.closeness import difference, excess, tensors_in


def test_differences_are_relative_to_the_largest_number() -> None:
    assert difference(torch.tensor([1.0, 4.5]), torch.tensor([1.0, 5.0])) == 0.1
    assert difference(torch.zeros(3), torch.zeros(3)) == 0
    assert difference(torch.zeros(0), torch.zeros(0)) == 0


def test_what_is_not_finite_equals_only_itself() -> None:
    wild = torch.tensor([math.nan, math.inf, 1.0])
    assert difference(wild, wild) == 0
    assert difference(torch.tensor([1.0, math.inf, 1.0]), wild) == math.inf
    assert difference(wild, torch.ones(3)) == math.inf


def test_other_shapes_differ_infinitely() -> None:
    assert difference(torch.zeros(1, 3), torch.zeros(3)) == math.inf
    for large in (torch.zeros(2, 3), torch.zeros(1, 3, 1)):
        assert excess([large], [torch.zeros(2, 4)], ends_in_zeros=False) == math.inf
    assert excess([], [torch.zeros(1)], ends_in_zeros=False) == math.inf
    assert excess([], [], ends_in_zeros=True) == 0


def test_a_larger_tensor_begins_with_a_smaller_one() -> None:
    small = torch.tensor([[1.0, 2.0]])
    large = torch.tensor([[1.0, 2.0, 7.0], [5.0, 5.0, 5.0]])
    assert excess([large], [small], ends_in_zeros=False) == 0
    assert excess([large], [small], ends_in_zeros=True) == 3.5
    large[0, 2] = large[1] = 0
    assert excess([large], [small], ends_in_zeros=True) == 0
    large[1, 1] = math.nan  # a later product with zero does not take that away
    assert excess([large], [small], ends_in_zeros=False) == math.inf


def test_tensors_are_found_in_any_nest() -> None:
    x, y, z = torch.zeros(1), torch.ones(1), torch.ones(2)
    assert [t.tolist() for t in tensors_in({"a": x, "b": (y, [z, "text", 3])})] == [
        [0],
        [1],
        [1, 1],
    ]


def test_tensors_are_found_in_data_classes() -> None:
    @dataclass
    class Output:
        logits: torch.Tensor
        parts: tuple[torch.Tensor, ...] = ()

    found = tensors_in([Output(torch.zeros(1), (torch.ones(1),)), None])
    assert [t.tolist() for t in found] == [[0], [1]]
