"""What every test shares: fixed seeds, and a check that it leaves no global state behind."""

import logging
import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


_OF_THE_MACHINE = ("TANGLE_TRACEBACK", "PL_GLOBAL_SEED", "COLUMNS", "FORCE_COLOR", "NO_COLOR")
"""Variables that would change what a command does or prints."""


@contextmanager
def _own_process_state() -> Iterator[None]:
    """Undo what a command is entitled to leave in its process, as it expects to end with it.

    Lightning keeps the seed in the environment, and the command line sets up loggers.
    """
    environment = dict(os.environ)
    for name in environment:
        if name in _OF_THE_MACHINE or name.startswith("SLURM_"):  # as in an interactive job
            del os.environ[name]
    names = ("tangle", "lightning.pytorch.utilities.rank_zero", "lightning.pytorch.trainer.setup")
    loggers = [logging.getLogger(name) for name in names]
    before = [(o, o.level, o.handlers[:], o.filters[:]) for o in loggers]
    yield
    os.environ.clear()
    os.environ.update(environment)
    for logger, level, handlers, filters in before:
        logger.setLevel(level)
        logger.handlers[:], logger.filters[:] = handlers, filters


@pytest.fixture(autouse=True, scope="module")
def _process_state_of_module() -> Iterator[None]:
    with _own_process_state():
        yield


@pytest.fixture(autouse=True)
def _process_state() -> Iterator[None]:
    with _own_process_state():
        yield


_OF_LIBRARIES = {getattr(signal, name, None) for name in ("SIGALRM", "SIGCHLD")}
"""Signals that pytest-timeout takes, and torch for good as soon as a loader has workers."""


@pytest.fixture(autouse=True)
def _no_changed_process() -> Iterator[None]:
    """Fails what would make later tests run elsewhere, be deaf to signals, or silent."""

    def state() -> dict[str, object]:
        ours = set(signal.Signals) - _OF_LIBRARIES
        handlers = {number.name: signal.getsignal(number) for number in ours}
        return {"directory": Path.cwd(), "silence": logging.root.manager.disable, **handlers}

    before = state()
    yield
    changed = {name: (before[name], now) for name, now in state().items() if before[name] != now}
    if changed:
        os.chdir(before.pop("directory"))
        logging.disable(before.pop("silence"))
        for name in changed.keys() & before.keys():
            signal.signal(signal.Signals[name], before[name])
        pytest.fail(f"the test left the process changed: {changed}")


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
