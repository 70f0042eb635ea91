"""The strings of NAS-Bench-201, and architectures as values of the space's choices."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tangle.core import Candidate

OPERATIONS = ("avg_pool_3x3", "nor_conv_3x3", "nor_conv_1x1", "skip_connect", "none")
NODES = range(1, 4)


def read_nasbench201_string(text: str) -> dict[str, str]:
    """Return the operation of every edge, by choice name, for `space.parse`.

    Args:
        text: `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`: for each node the operation and the source of
            each incoming edge.

    Raises:
        ValueError: If the text is no such string, or has an unknown operation or other edges.
    """
    parts = text.strip().split("+")
    if len(parts) != len(NODES) or not all(re.fullmatch(r"\|([^|~+]+~\d+\|)+", p) for p in parts):
        raise ValueError(
            f"{text!r} is no architecture of NAS-Bench-201: write it as "
            "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
        )
    operations = {}
    for node, part in zip(NODES, parts, strict=True):
        edges = [edge.split("~") for edge in part.strip("|").split("|")]
        sources = [int(source) for _, source in edges]
        if sources != list(range(node)):
            raise ValueError(
                f"{text!r}: node {node} has edges from the states {sources}, but it must have one "
                f"from each of {list(range(node))}"
            )
        for operation, source in edges:
            if operation not in OPERATIONS:
                raise ValueError(
                    f"{text!r} has the operation {operation!r}, but the operations are "
                    f"{', '.join(OPERATIONS)}"
                )
            operations[_name(node, int(source))] = operation
    return operations


def write_nasbench201_string(values: Mapping[str, Candidate]) -> str:
    """Return the string of an architecture, given by value as `space.describe` returns it."""
    nodes = (
        "|".join(f"{values[_name(node, source)]}~{source}" for source in range(node))
        for node in NODES
    )
    return "+".join(f"|{edges}|" for edges in nodes)


def _name(node: int, source: int) -> str:
    return f"n{node}_from{source}"
