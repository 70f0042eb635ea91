from tangle.benchmarks import Benchmark, NATSBench, TabularBenchmark
from tangle.core import Choice, SearchSpace


def test_tables_are_benchmarks():
    space = SearchSpace([Choice("width", (1, 2))])
    table = TabularBenchmark(space, {(0,): {"a": 1.0}, (1,): {"a": 2.0}}, metric="a")
    assert isinstance(table, Benchmark)
    assert callable(NATSBench.query)
