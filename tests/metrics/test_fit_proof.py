"""A misfit is named by choices and layer, and both proofs agree."""

from __future__ import annotations

import torch

from tangle.metrics.dry_run import DryRun
from tangle.metrics.fit_proof import prove_fit
from tangle.nn import Supernet
from tangle.spaces import ToyConvMacro
from tests.planted_misfit import Planted


def proof(net, example, exhaustive):
    supernet = Supernet(net)
    return prove_fit(supernet, DryRun(supernet, example), exhaustive=exhaustive)


def test_a_planted_misfit_is_named_with_choices_and_layer_by_both_proofs():
    for exhaustive in (0, 500):
        found = proof(Planted(), torch.zeros(1, 5), exhaustive)
        (misfit,) = found.misfits
        assert misfit.values == {"width": 8, "heads": "3"}
        assert misfit.layer.startswith("split")
        assert "width=8 with heads=3" in str(misfit)


def test_the_misfit_explains_exactly_the_architectures_that_fail():
    supernet = Supernet(Planted())
    run = DryRun(supernet, torch.zeros(1, 5))
    (misfit,) = prove_fit(supernet, run, exhaustive=0).misfits
    for arch in supernet.space.enumerate():
        values = supernet.space.describe(arch)
        is_held = all(values[name] == value for name, value in misfit.values.items())
        assert (run.fails(arch) is not None) == is_held


def test_what_fits_is_proven_by_pairs_or_exhaustively():
    for exhaustive, kind, count in ((0, "pairs", None), (500, "exhaustive", 8)):
        found = proof(Planted((2, 4)), torch.zeros(1, 5), exhaustive)
        assert found.fits
        assert found.kind == kind
        assert count in (None, found.architectures)


def test_a_net_that_no_architecture_runs_is_told_with_the_layer():
    found = proof(ToyConvMacro(image_size=32), torch.zeros(1, 1, 32, 32), 0)
    assert found.misfits[0].values == {}
    assert found.misfits[0].layer == "features.0"
