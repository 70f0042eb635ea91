import pytest

from tangle.benchmarks import Benchmark, TabularBenchmark
from tangle.core import Choice, SearchSpace


def test_a_benchmark_has_to_answer_queries():
    with pytest.raises(TypeError, match=r"abstract method '?query"):
        Benchmark()


def test_architectures_of_a_part_of_its_space_are_found_by_value():
    """As the docstring says to ask about another space with the same values."""
    space = SearchSpace([Choice("width", (1, 2, 4))])
    table = TabularBenchmark(space, {(i,): {"a": 10.0 * i} for i in range(3)}, metric="a")
    part = SearchSpace([Choice("width", (4, 2))])
    assert table.query(table.space.parse(part.describe({"width": 0})))["a"] == 20
