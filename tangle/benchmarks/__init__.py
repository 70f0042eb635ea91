"""How good architectures are, looked up instead of trained."""

from tangle.benchmarks.benchmark import Benchmark
from tangle.benchmarks.nasbench201 import NASBench201Table
from tangle.benchmarks.nats_bench import NATSBench
from tangle.benchmarks.tabular import TabularBenchmark
from tangle.benchmarks.toy_cell import ToyCellTable
from tangle.benchmarks.toy_conv_macro import ToyConvMacroTable

__all__ = [
    "Benchmark",
    "NASBench201Table",
    "NATSBench",
    "TabularBenchmark",
    "ToyCellTable",
    "ToyConvMacroTable",
]
