"""A crowd of processes is refused; all that a machine can do is not."""

import os

import pytest

from tangle.cli.devices import check_devices


@pytest.mark.parametrize("devices", ["auto", 1, 2, "2", [0, 1], -1, "-1", 4 * os.cpu_count()])
def test_what_a_machine_can_do_passes(devices):
    check_devices("cpu", devices)


@pytest.mark.parametrize("devices", [4 * os.cpu_count() + 1, "9999"])
def test_a_crowd_is_refused(devices):
    with pytest.raises(ValueError, match=f"trainer.devices is {devices}, a process each"):
        check_devices("cpu", devices)


def test_other_accelerators_know_their_own_numbers(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    check_devices("auto", 9999)
    with pytest.raises(ValueError, match="choose at most"):
        check_devices("cpu", 9999)
