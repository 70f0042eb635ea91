import copy
import pickle
from typing import Any

import numpy as np
import pytest

from tangle.core import Choice


def test_equal_name_and_candidates_are_the_same_choice() -> None:
    assert Choice("width", (8, 16)) == Choice("width", [8, 16])
    assert hash(Choice("width", (8, 16))) == hash(Choice("width", [8, 16]))
    assert Choice("width", (8, 16)) != Choice("width", (16, 8))
    assert Choice("width", (8, 16)) != Choice("height", (8, 16))


def test_choice_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Choice("width", (8, 16)).name = "height"  # type: ignore[misc]


def test_choice_survives_copy_and_pickle() -> None:
    choice = Choice("width", (8, 16))
    assert copy.deepcopy(choice) == choice
    assert pickle.loads(pickle.dumps(choice)) == choice


def test_value_is_the_candidate_at_the_index() -> None:
    ratio = Choice("ratio", (4, 3.5))
    assert [ratio.value({"ratio": i}) for i in range(2)] == [4, 3.5]
    assert [ratio.at({"ratio": i}) for i in range(2)] == [4, 3]
    assert ratio.choices == (ratio,)


def test_order_sorts_numbers_and_keeps_text() -> None:
    assert Choice("width", (16, 8, 32)).order() == (1, 0, 2)
    assert Choice("operation", ("skip", "conv")).order() == (0, 1)
    assert Choice("width", (16, 8)).is_numeric
    assert not Choice("operation", ("skip", "conv")).is_numeric


def test_choice_of_text_has_no_size() -> None:
    with pytest.raises(ValueError, match=r"'operation' is a choice of text .* use it in a OneOf"):
        Choice("operation", ("skip", "conv")).at({"operation": 0})


@pytest.mark.parametrize("name", ["", "two words", "3d", "a-b", "a.b", 7, None])
def test_name_must_be_an_identifier(name: Any) -> None:
    with pytest.raises(ValueError, match=r"is no identifier: use letters, digits and underscores"):
        Choice(name, (1, 2))


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ((), r"'width' has no candidates: give at least one"),
        ((8, 16, 8), r"'width' has duplicate candidates \(8, 16, 8\): list each once"),
        ((8, 8.0), r"'width' has duplicate candidates \(8, 8.0\)"),
        ((8, "conv"), r"'width' has candidates .* must be all numbers or all text"),
        ((8, None), r"'width' has candidates .* must be all numbers or all text"),
        ((True, 2), r"'width' has candidates .* must be all numbers or all text"),
        (([8], [16]), r"'width' has candidates .* must be all numbers or all text"),
        ((8, float("nan")), r"'width' has candidates .* must be all numbers or all text"),
        ((8, float("inf")), r"'width' has candidates .* must be all numbers or all text"),
        ("conv", r"'width' has candidates 'conv': give a list of them"),
    ],
)
def test_impossible_candidates_are_refused(candidates: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Choice("width", candidates)


def test_candidates_of_an_array_are_plain_values() -> None:
    ratio, width = Choice("r", np.linspace(1, 4, 4)), Choice("w", np.arange(8, 24, 8))
    assert (ratio.candidates, width.candidates) == ((1.0, 2.0, 3.0, 4.0), (8, 16))
    kinds = {type(value) for value in (*ratio.candidates, *width.candidates)}
    assert kinds == {float, int}
    with pytest.raises(ValueError, match="must be all numbers or all text"):
        Choice("on", np.array([True, False]))
