"""The chosen architectures are what they are called."""

from __future__ import annotations

import torch

from tangle.metrics import count_macs, count_parameters
from tangle.metrics.architecture_costs import ArchitectureCosts
from tangle.metrics.dry_run import DryRun
from tangle.nn import Supernet
from tests.planted_misfit import Planted


def test_smallest_median_and_largest_are_so_by_counting_all():
    supernet, example = Supernet(Planted((2, 4))), torch.zeros(1, 5)
    costs = ArchitectureCosts(supernet, DryRun(supernet, example), 4, 2.0)
    chosen, count = costs.chosen()
    counts = sorted(count_parameters(supernet.extract(a)) for a in supernet.space.enumerate())
    found = {name: costs.of(name, arch) for name, arch in chosen.items()}
    assert count == len(counts)
    assert found["smallest"].parameters == counts[0]
    assert found["median"].parameters == counts[len(counts) // 2]
    assert found["largest"].parameters == counts[-1]
    assert found["largest"].macs == count_macs(supernet.extract(chosen["largest"]), example)
