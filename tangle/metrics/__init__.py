"""What a network costs."""

from tangle.metrics.cost import count_macs, count_parameters

__all__ = ["count_macs", "count_parameters"]
