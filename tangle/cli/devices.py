"""How many processes a machine is asked for."""

from __future__ import annotations

import os
from typing import Any

import torch

_MOST_PROCESSES = 4
"""Processes for each core; more only take turns."""


def check_devices(accelerator: Any, devices: Any) -> None:
    """Refuse what would start a crowd of processes before one of them could say so.

    Args:
        accelerator: The trainer's option of this name.
        devices: The trainer's option of this name.

    Raises:
        ValueError: If each core would get more than a few processes.
    """
    cores = os.cpu_count() or 1
    takes_cores = accelerator == "cpu" or not torch.cuda.is_available()
    if takes_cores and str(devices).isdecimal() and int(devices) > _MOST_PROCESSES * cores:
        raise ValueError(
            f"trainer.devices is {devices}, a process each, but this machine has {cores} cores: "
            f"choose at most {_MOST_PROCESSES * cores}"
        )
