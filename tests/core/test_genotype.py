"""The notation of genotypes: what it writes it reads, and it executes nothing."""

from random import Random

import pytest

from tangle.core.genotype import Genotype

TEXT = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('dil_conv_5x5', 0), ('sep_conv_5x5', 1)], "
    "normal_concat=range(1, 3), reduce=[('sep_conv_3x3', 0)], reduce_concat=[1, 3])"
)


def test_reading_gives_the_parts_and_writing_the_text():
    genotype = Genotype.parse(TEXT)
    assert genotype.normal == (("sep_conv_3x3", 0), ("dil_conv_5x5", 0), ("sep_conv_5x5", 1))
    assert genotype.normal_concat == (1, 2)
    assert genotype.reduce == (("sep_conv_3x3", 0),)
    assert genotype.reduce_concat == (1, 3)
    assert str(genotype) == TEXT


def test_white_space_quotes_and_order_do_not_matter():
    text = """
        Genotype(reduce=[["a", 1]], reduce_concat=(2,),
                 normal=(('b', 0), ), normal_concat=[2, 3])
    """
    assert str(Genotype.parse(text)) == (
        "Genotype(normal=[('b', 0)], normal_concat=range(2, 4), reduce=[('a', 1)], "
        "reduce_concat=range(2, 3))"
    )


def test_random_genotypes_survive_writing_and_reading():
    rng = Random(0)
    for _ in range(100):
        edges = [
            tuple((rng.choice("abc"), rng.randrange(5)) for _ in range(rng.randint(1, 8)))
            for _ in range(2)
        ]
        concats = [tuple(sorted(rng.sample(range(9), rng.randint(1, 5)))) for _ in range(2)]
        genotype = Genotype(edges[0], concats[0], edges[1], concats[1])
        assert Genotype.parse(str(genotype)) == genotype


@pytest.mark.parametrize(
    "text",
    [
        "",
        "normal",
        "Genotype()",
        TEXT.replace("Genotype", "Other"),
        TEXT.replace("range(1, 3)", "range(1, 10**9)"),
        TEXT.replace("range(1, 3)", "__import__('os').listdir()"),
        TEXT.replace("'sep_conv_3x3', 0", "'sep_conv_3x3'"),
        TEXT.replace("'sep_conv_3x3', 0", "print('executed'), 0"),
        TEXT.replace("'sep_conv_3x3', 0", "'sep_conv_3x3', '0'"),
        TEXT[:-1] + ", other=[])",
        TEXT[:-1],
        "(" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_genotype_is_refused_and_not_executed(text, capsys):
    with pytest.raises(ValueError, match="is no genotype: write it as Genotype"):
        Genotype.parse(text)
    assert not capsys.readouterr().out
