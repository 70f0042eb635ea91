"""A small directed acyclic graph of operations, the part that a cell space searches."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from tangle.spaces.blocks.zero import Zero

MakeEdge = Callable[[int, int], nn.Module | None]
"""Makes the operation of the edge to a node from a state; None where there is no such edge."""


class Cell(nn.Module):
    """Nodes, each the sum of what its incoming edges make of the states before it.

    States are numbered: first the inputs, then the nodes. There is an edge to each node from each
    state before it.

    Args:
        num_inputs: Number of input states.
        num_nodes: Number of nodes.
        make_edge: Makes each edge.

    Raises:
        ValueError: If a node has no edge.
    """

    def __init__(self, num_inputs: int, num_nodes: int, make_edge: MakeEdge) -> None:
        super().__init__()
        self.edges = nn.ModuleDict()
        self._sources: list[list[int]] = []
        for node in range(num_inputs, num_inputs + num_nodes):
            made = {source: make_edge(node, source) for source in range(node)}
            edges = {source: edge for source, edge in made.items() if edge is not None}
            if not edges:
                raise ValueError(f"Node {node} has no incoming edge: give it at least one")
            self.edges.update({edge_name(node, source): e for source, e in edges.items()})
            self._sources.append(list(edges))

    def forward(self, *inputs: Tensor) -> list[Tensor]:
        """Return the nodes, for the inputs."""
        states = list(inputs)
        for node, sources in enumerate(self._sources, len(inputs)):
            edges = [(states[source], self.edges[edge_name(node, source)]) for source in sources]
            # In an extracted network a node has few edges that do anything.
            running = [(state, edge) for state, edge in edges if not isinstance(edge, Zero)]
            total, *others = (edge(state) for state, edge in running or edges)
            for other in others:
                total = total + other
            states.append(total)
        return states[len(inputs) :]


def edge_name(node: int, source: int) -> str:
    """Return the name of an edge, such as `n3_from1`."""
    return f"n{node}_from{source}"
