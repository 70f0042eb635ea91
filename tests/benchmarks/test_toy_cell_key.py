import itertools

import pytest

from tangle.benchmarks.toy_cell_key import (
    EDGES,
    KINDS,
    OPERATIONS,
    read_toy_cell_key,
    write_toy_cell_key,
)
from tangle.nn import Supernet
from tangle.spaces import ToyCell

KEY = (  # spec 1.1
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 0), ('dil_conv_3x3', 1)], "
    "normal_concat=range(1, 3), reduce=[('sep_conv_3x3', 0), ('dil_conv_3x3', 0), "
    "('sep_conv_3x3', 1)], reduce_concat=range(1, 3))"
)
NAMES = [f"{kind}_{edge}" for kind in KINDS for edge in EDGES]


def test_all_keys_in_the_order_of_the_table_and_back():
    """Spec 1.1: position ((((n0 * 4 + n1) * 4 + n2) * 4 + r0) * 4 + r1) * 4 + r2."""
    keys = []
    for indices in itertools.product(range(4), repeat=6):
        values = {name: OPERATIONS[i] for name, i in zip(NAMES, indices, strict=True)}
        keys.append(write_toy_cell_key(values))
        assert read_toy_cell_key(keys[-1]) == values
    assert len(set(keys)) == 4096
    assert keys.index(KEY) == ((((0 * 4 + 0) * 4 + 2) * 4 + 0) * 4 + 2) * 4 + 0


def test_keys_are_those_of_the_space():
    space = Supernet(ToyCell((2, 2, 2))).space
    keys = {write_toy_cell_key(space.describe(arch)) for arch in space.enumerate()}
    assert len(keys) == 4096
    assert space.parse(read_toy_cell_key(KEY)) == {
        "normal_n1_from0": 0, "normal_n2_from0": 0, "normal_n2_from1": 2,
        "reduce_n1_from0": 0, "reduce_n2_from0": 2, "reduce_n2_from1": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("'dil_conv_3x3', 1", "'skip_connect', 1", "normal cell has the operation 'skip_connect'"),
        ("'dil_conv_3x3', 1", "'dil_conv_3x3', 0", r"edges from the states \[0, 0, 0\]"),
        ("range(1, 3)", "range(1, 2)", "concatenates"),
        ("Genotype", "", "is no genotype"),
    ],
)  # fmt: skip
def test_other_keys_are_refused(old, new, problem):
    with pytest.raises(ValueError, match=problem):
        read_toy_cell_key(KEY.replace(old, new, 1))
