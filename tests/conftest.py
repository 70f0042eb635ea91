"""What every test shares: fixed seeds, and a check that it leaves no global state behind."""

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

torch.set_num_threads(1)  # the tensors are small; a second thread only adds noise to timings


def _global_flags() -> dict[str, object]:
    return {
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "default dtype": torch.get_default_dtype(),
        "default device": torch.get_default_device(),
        "grad mode": torch.is_grad_enabled(),
        "anomaly detection": torch.is_anomaly_enabled(),
        "cudnn.deterministic": torch.backends.cudnn.deterministic,
        "cudnn.benchmark": torch.backends.cudnn.benchmark,
        "number of threads": torch.get_num_threads(),
    }


def _restore(flags: dict[str, object]) -> None:
    torch.use_deterministic_algorithms(flags["deterministic algorithms"])
    torch.set_default_dtype(flags["default dtype"])
    torch.set_default_device(flags["default device"])
    torch.set_grad_enabled(flags["grad mode"])
    torch.autograd.set_detect_anomaly(flags["anomaly detection"])
    torch.backends.cudnn.deterministic = flags["cudnn.deterministic"]
    torch.backends.cudnn.benchmark = flags["cudnn.benchmark"]
    torch.set_num_threads(flags["number of threads"])


@pytest.fixture(autouse=True)
def _seeds() -> None:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _no_changed_flag() -> Iterator[None]:
    before = _global_flags()
    yield
    after = _global_flags()
    changed = {name: after[name] for name in before if after[name] != before[name]}
    if changed:
        _restore(before)  # or every later test would fail with this one
        pytest.fail(f"the test left global state changed: {changed}")


@pytest.fixture(autouse=True)
def _no_leaked_binding() -> Iterator[None]:
    yield
    # A test that never imported the binding cannot have leaked one.
    if (binding := sys.modules.get("tangle.nn.binding")) is None:
        return
    try:
        architecture = binding.bound()
    except LookupError:
        return
    pytest.fail(f"the test left an architecture bound: {architecture}")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of full data sets; tests that are marked `data` skip where it is absent."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    root = Path(os.environ.get("TANGLE_TEST_DATA", beside))
    if not root.is_dir():
        pytest.skip(f"no data sets at {root}; set TANGLE_TEST_DATA")
    return root
