from random import Random

import pytest

from tangle.nn import Supernet
from tangle.spaces import DARTSNet
from tangle.spaces.darts_genotype import read_darts_genotype, write_darts_genotype

SPACE = Supernet(DARTSNet(2, num_cells=3)).space
FOUND = (  # spec 1.4, found with a train portion of 0.5
    "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_5x5', 0), ('sep_conv_3x3', 2), "
    "('sep_conv_5x5', 0), ('dil_conv_3x3', 2), ('skip_connect', 0), ('skip_connect', 1), "
    "('dil_conv_3x3', 3)], normal_concat=range(2, 6), reduce=[('sep_conv_3x3', 0), "
    "('dil_conv_5x5', 1), ('sep_conv_3x3', 0), ('dil_conv_3x3', 1), ('sep_conv_3x3', 3), "
    "('dil_conv_3x3', 1), ('skip_connect', 2), ('sep_conv_5x5', 4)], reduce_concat=range(2, 6))"
)


def test_architectures_and_texts_are_the_same_set():
    rng = Random(0)
    texts = set()
    for _ in range(300):
        arch = SPACE.sample(rng)
        text = write_darts_genotype(SPACE.describe(arch))
        assert SPACE.parse(read_darts_genotype(text)) == arch
        texts.add(text)
    assert len(texts) == 300


def test_published_genotype_is_an_architecture():
    values = read_darts_genotype(FOUND)
    assert SPACE.describe(SPACE.parse(values)) == {name: values[name] for name in SPACE}
    assert values["normal_n2_from1"] == "sep_conv_3x3"
    assert values["reduce_n5_from4"] == "sep_conv_5x5"
    assert values["reduce_n5_from3"] == "none"
    again = write_darts_genotype(values)
    assert read_darts_genotype(again) == values
    assert write_darts_genotype(read_darts_genotype(again)) == again


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("'skip_connect', 1", "'conv_7x7', 1", "Edge 6 of the normal cell has .* 'conv_7x7', but"),
        ("'skip_connect', 1", "'none', 1", "Edge 6 of the normal cell has the operation 'none'"),
        ("'sep_conv_5x5', 4", "'sep_conv_5x5', 5", "Edge 7 of the reduce cell comes from state 5"),
        ("'sep_conv_5x5', 4", "'sep_conv_5x5', 2", "two different states before it"),
        ("('sep_conv_5x5', 4)", "", "The reduce cell has 7 edges"),
        ("reduce_concat=range(2, 6)", "reduce_concat=range(3, 6)", r"the states \[3, 4, 5\]"),
        ("Genotype", "Cell", "is no genotype"),
    ],
)  # fmt: skip
def test_impossible_genotypes_are_refused(old, new, problem):
    with pytest.raises(ValueError, match=problem):
        read_darts_genotype(FOUND.replace(old, new, 1))


def test_architectures_that_break_the_rule_have_no_genotype():
    values = dict(read_darts_genotype(FOUND)) | {"normal_n3_from1": "skip_connect"}
    with pytest.raises(ValueError, match=r"Node 3 of the normal cell has 3 edges.*canonical"):
        write_darts_genotype(values)
