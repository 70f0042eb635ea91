"""A choice of operation on an edge, whose kernel sizes are entangled or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import nn

from tangle.core import Choice, Size
from tangle.nn import Group, OneOf

GroupMass = Literal["outside", "inside"]

KERNEL_SIZE = "kernel_size"
NONE = "none"


@dataclass(frozen=True)
class Kernels:
    """Operations that differ in their kernel size only.

    Attributes:
        make: Makes the operation of a kernel size, which may be a choice.
        sizes: The kernel size of each operation, by the operation's name.
    """

    make: Callable[[Size | int], nn.Module]
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Entanglement:
    """Whether operations that differ in their kernel size share one set of weights.

    Attributes:
        entangle: True for weight entanglement: one set for all kernel sizes; false for weight
            sharing: one for each operation.
        group_mass: Where the total architecture weight of entangled operations acts, see `OneOf`;
            None for `outside`.

    Raises:
        ValueError: If a mass is given without entanglement.
    """

    entangle: bool = True
    group_mass: GroupMass | None = None

    def __post_init__(self) -> None:
        if self.group_mass is not None and not self.entangle:
            raise ValueError(
                f"group_mass is {self.group_mass!r}, but entangle is false, so there are no groups "
                "of operations whose mass could act anywhere: remove group_mass, or set entangle "
                "to true"
            )
        if self.group_mass not in (None, "outside", "inside"):
            raise ValueError(f"group_mass is {self.group_mass!r}: it must be outside or inside")

    def edge(
        self,
        name: str,
        order: Sequence[str],
        *,
        families: Sequence[Kernels],
        others: Mapping[str, nn.Module] | None = None,
    ) -> OneOf:
        """Return a choice of operation.

        Args:
            name: The choice's name.
            order: Names of the operations, in the order of the choice's candidates.
            families: Operations that differ in their kernel size.
            others: The other operations, by name; one named `none` returns zeros.
        """
        operations: dict[str, nn.Module | Group] = dict(others or {})
        for family in families:
            operations |= self._family(family)
        return OneOf(
            Choice(name, tuple(order)),
            operations,
            group_mass=self.group_mass or "outside",
            zeros=[operation for operation in order if operation == NONE],
        )

    def _family(self, family: Kernels) -> Mapping[str, nn.Module | Group]:
        if not self.entangle:
            return {name: family.make(size) for name, size in family.sizes.items()}
        kernel_size = Choice(KERNEL_SIZE, tuple(family.sizes.values()))
        members = tuple(family.sizes)
        return {members[-1]: Group(family.make(kernel_size), kernel_size, members)}
