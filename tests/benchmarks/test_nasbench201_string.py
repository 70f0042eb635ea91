import pytest

from tangle.benchmarks.nasbench201_string import read_nasbench201_string, write_nasbench201_string
from tangle.nn import Supernet
from tangle.spaces import NASBench201

TEXT = (  # spec section 7
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|"
    "nor_conv_3x3~2|"
)


def test_all_architectures_have_a_string_of_their_own_and_back():
    space = Supernet(NASBench201((2,), num_cells=1)).space
    strings = []
    for arch in space.enumerate():
        strings.append(write_nasbench201_string(space.describe(arch)))
        assert space.parse(read_nasbench201_string(strings[-1])) == arch
    assert len(set(strings)) == len(strings) == 15_625


def test_string_lists_edges_by_node_and_source():
    values = read_nasbench201_string(TEXT)
    assert values["n3_from0"] == "skip_connect"
    assert values["n2_from1"] == "nor_conv_3x3"
    assert write_nasbench201_string(values) == TEXT


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TEXT.replace("skip_connect", "conv_7x7"), "has the operation 'conv_7x7'"),
        (TEXT.replace("skip_connect~0", "skip_connect~1"), r"node 3 has edges from .*\[1, 1, 2\]"),
        (TEXT.replace("|+|", "|", 1), "is no architecture of NAS-Bench-201"),
        (TEXT[:-1], "is no architecture of NAS-Bench-201"),
        ("", "is no architecture of NAS-Bench-201"),
        (TEXT.replace("~2", "~x"), "is no architecture of NAS-Bench-201"),
    ],
)
def test_other_strings_are_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        read_nasbench201_string(text)
