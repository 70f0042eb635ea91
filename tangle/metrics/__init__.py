"""What a network costs."""

from tangle.metrics.cost import count_macs, count_parameters
from tangle.metrics.latency import Latency, measure_latency

__all__ = ["Latency", "count_macs", "count_parameters", "measure_latency"]
