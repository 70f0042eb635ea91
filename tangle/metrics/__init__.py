"""What a network costs."""

from tangle.metrics.cost import count_macs, count_parameters
from tangle.metrics.expected_cost import ExpectedCost
from tangle.metrics.mac_table import mac_table
from tangle.metrics.parameter_table import parameter_table

__all__ = ["ExpectedCost", "count_macs", "count_parameters", "mac_table", "parameter_table"]
