"""A choice of operation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from tangle.core import Choice, Condition
from tangle.nn.binding import Scope, bound, enter
from tangle.nn.elastic import Branch, Derived, Elastic, Extraction
from tangle.nn.functional import mix

GroupMass = Literal["outside", "inside"]


@dataclass(frozen=True)
class Group:
    """Operations that are versions of one entangled module, such as two kernel sizes.

    Attributes:
        module: The module, whose layers read the choice `inner`.
        inner: A choice of the module that the operation decides; none of the search space's.
        members: For each candidate of `inner`, in order, the operation it stands for.
    """

    module: nn.Module
    inner: Choice
    members: tuple[str, ...]


class OneOf(Elastic):
    """One of several operations, each a module of its own or a version of an entangled one.

    Superposed, outputs are mixed by the choice's weights. An entangled group runs once: its
    members' weights, normalised, superpose its module's weights, and their sum, the group's mass,
    multiplies the output. With the mass on the weights instead (`group_mass="inside"`, as in the
    original code), a normalisation in the group divides it out, and the choice between groups
    gets next to no gradient; there too a group without mass adds nothing, unlike in the original.

    Args:
        choice: A choice among the names of operations.
        operations: For each candidate a module, or the `Group` it is a member of; a group is
            given under any one of its members' names.
        group_mass: Where a group's total weight acts.
        zeros: Names of operations whose output is zero, so that they need not run to be mixed.

    Raises:
        ValueError: If the operations and groups do not cover the candidates exactly once, no
            layer of a group reads its inner choice, or all operations are said to be zero.
    """

    def __init__(
        self,
        choice: Choice,
        operations: Mapping[str, nn.Module | Group],
        *,
        group_mass: GroupMass = "outside",
        zeros: Collection[str] = (),
    ) -> None:
        super().__init__()
        self.choice = choice
        self.group_mass = group_mass
        parts = [(_members(name, part), part) for name, part in operations.items()]
        _check_cover(choice, [member for members, _ in parts for member in members])
        self._inner = [part.inner if isinstance(part, Group) else None for _, part in parts]
        names = [str(candidate) for candidate in choice.candidates]
        self._indices = [[names.index(member) for member in members] for members, _ in parts]
        self.parts = nn.ModuleList(p.module if isinstance(p, Group) else p for _, p in parts)
        self._is_zero = [set(members) <= set(zeros) for members, _ in parts]
        _check_zeros(choice, zeros, all_zero=all(self._is_zero))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the chosen operation's output, or the mixture of all."""
        scope = bound()
        if scope.is_relaxed:
            return self._mixture(inputs, scope)
        part, arch = self._chosen(scope.indices())
        with enter(scope.at(arch)):
            output: Tensor = self.parts[part](*inputs)
        return output

    def _mixture(self, inputs: Sequence[Tensor], scope: Scope) -> Tensor:
        arch = scope.weights()
        weights = arch[self.choice.name].unbind()  # indexing by a list would stall an accelerator
        masses, outputs = [], []
        for part, inner, indices, is_zero in zip(
            self.parts, self._inner, self._indices, self._is_zero, strict=True
        ):
            if is_zero:
                continue
            if inner is None:
                masses.append(weights[indices[0]])
                outputs.append(part(*inputs))
                continue
            mass, members = self._share(torch.stack([weights[i] for i in indices]))
            masses.append(mass)
            with enter(scope.at({**arch, inner.name: members})):
                outputs.append(part(*inputs))
        return mix(torch.stack(masses), outputs)

    def _share(self, members: Tensor) -> tuple[Tensor, Tensor]:
        """Return what multiplies a group's output, and what superposes its weights, `[members]`."""
        mass = members.sum()
        present = mass > 0
        if self.group_mass == "inside":
            # Without mass, running statistics would leave an offset where there should be nothing.
            return present.to(mass.dtype), members
        shares = members / torch.where(present, mass, 1.0)
        # A group without mass still runs, and its members' gradient is taken at their average.
        return mass, torch.where(present, shares, 1 / len(members))

    def _chosen(self, arch: Mapping[str, int]) -> tuple[int, Mapping[str, int]]:
        """Return the part that runs, and the architecture it runs at."""
        index = arch[self.choice.name]
        part = next(i for i, indices in enumerate(self._indices) if index in indices)
        inner = self._inner[part]
        if inner is None:
            return part, arch
        return part, {**arch, inner.name: self._indices[part].index(index)}

    def own_choices(self) -> Sequence[Choice]:
        """Return the choice of operation."""
        return (self.choice,)

    def branches(self) -> Sequence[Branch]:
        """Return the operations and groups, each with the candidates under which it runs."""
        return [
            Branch(
                part,
                Condition(self.choice.name, frozenset(indices)),
                None if inner is None else Derived(inner, self.choice.name, tuple(indices)),
            )
            for part, indices, inner in zip(self.parts, self._indices, self._inner, strict=True)
        ]

    def extracted(self, arch: Mapping[str, int], extraction: Extraction) -> nn.Module:
        """Return the chosen operation."""
        part, inner_arch = self._chosen(arch)
        return extraction.module(self.parts[part], inner_arch)


def _members(name: str, part: nn.Module | Group) -> tuple[str, ...]:
    if not isinstance(part, Group):
        return (name,)
    if len(part.members) != len(part.inner.candidates):
        raise ValueError(
            f"Group {part.members} must name one operation for each candidate "
            f"{part.inner.candidates} of {part.inner.name!r}"
        )
    layers = (module for module in part.module.modules() if isinstance(module, Elastic))
    if not any(part.inner in layer.own_choices() for layer in layers):
        raise ValueError(
            f"Group {part.members} decides {part.inner!r}, but no layer of its module reads it: "
            "build the module with exactly this choice"
        )
    return part.members


def _check_cover(choice: Choice, members: Sequence[str]) -> None:
    if sorted(members) != sorted(map(str, choice.candidates)):
        raise ValueError(
            f"Choice {choice.name!r} has the candidates {choice.candidates}, but the operations "
            f"given are {tuple(members)}: give each candidate exactly one"
        )


def _check_zeros(choice: Choice, zeros: Collection[str], *, all_zero: bool) -> None:
    unknown = [name for name in zeros if name not in map(str, choice.candidates)]
    if unknown or all_zero:
        raise ValueError(
            f"Choice {choice.name!r} has the candidates {choice.candidates}, and zeros are "
            f"{tuple(zeros)}: name operations that return zero, and leave at least one that does "
            "not"
        )
