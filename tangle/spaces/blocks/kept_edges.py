"""Which incoming edges the nodes of a DARTS cell keep."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from tangle.core import Choice, Rule, Strongest, StrongestSet
from tangle.spaces.blocks.cell import edge_name
from tangle.spaces.blocks.edge import NONE

NUM_INPUTS = 2
NUM_KEPT = 2
"""Incoming edges that each node of a found cell has."""


def kept_sets(node: int) -> list[tuple[int, ...]]:
    """Return all sets of states whose edges to a node may be kept; one for the first node."""
    return list(combinations(range(node), NUM_KEPT))


def kept_choice(kind: str, node: int) -> Choice:
    """Return the choice of the edges that a node keeps, such as `0+2` for those from 0 and 2."""
    return Choice(f"{kind}_n{node}_kept", tuple("+".join(map(str, s)) for s in kept_sets(node)))


def keep_edges(
    kind: str, num_nodes: int, operations: Sequence[str], *, by_choice: bool
) -> list[Rule]:
    """Return the rule of each node of a kind of cell: two of its incoming edges stay.

    Args:
        kind: The kind of cell.
        num_nodes: Its nodes.
        operations: The candidates of its edges.
        by_choice: Whether a choice says which edges stay, where there are several sets of them.
    """
    rules: list[Rule] = []
    for node in range(NUM_INPUTS, NUM_INPUTS + num_nodes):
        edges = tuple(
            Choice(f"{kind}_{edge_name(node, source)}", tuple(operations)) for source in range(node)
        )
        sets = tuple(kept_sets(node))
        if by_choice and len(sets) > 1:
            rules.append(StrongestSet(edges, NONE, kept_choice(kind, node), sets))
        else:
            rules.append(Strongest(edges, NONE, NUM_KEPT))
    return rules
