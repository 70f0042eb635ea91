"""What a network costs, how alike two are, and how well scores order architectures."""

from tangle.metrics.cost import count_macs, count_parameters
from tangle.metrics.exactness import ExactnessProof, check_exact, prove_exact
from tangle.metrics.expected_cost import ExpectedCost
from tangle.metrics.inspection import Inspection, inspect_space
from tangle.metrics.latency import Latency, measure_latencies, measure_latency
from tangle.metrics.mac_table import mac_table
from tangle.metrics.memory import measure_memory
from tangle.metrics.parameter_table import parameter_table
from tangle.metrics.rank import Correlation, bootstrap, kendall_tau, spearman
from tangle.metrics.similarity import draw_similarity, layer_features, linear_cka, similarity

__all__ = [
    "Correlation",
    "ExactnessProof",
    "ExpectedCost",
    "Inspection",
    "Latency",
    "bootstrap",
    "check_exact",
    "count_macs",
    "count_parameters",
    "draw_similarity",
    "inspect_space",
    "kendall_tau",
    "layer_features",
    "linear_cka",
    "mac_table",
    "measure_latencies",
    "measure_latency",
    "measure_memory",
    "parameter_table",
    "prove_exact",
    "similarity",
    "spearman",
]
