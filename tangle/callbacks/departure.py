"""A run that is asked to leave its machine."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from types import FrameType

from lightning.pytorch import Trainer
from lightning.pytorch.plugins.environments import SLURMEnvironment  # type: ignore[attr-defined]
from lightning.pytorch.utilities.exceptions import SIGTERMException

log = logging.getLogger(__name__)

_EXIT_CODE = 128 + signal.SIGTERM
"""What a shell reports of a process that SIGTERM ended."""


class Departure:
    """Whether a signal has asked a run to leave, and how it leaves.

    The signals are SIGTERM and, under SLURM with automatic requeueing, the one that announces the
    time limit (SIGUSR1, unless the environment is told another). A signal is only noted: the run
    leaves where its state is whole. Lightning's own handlers save, or exchange between ranks, in
    the middle of whatever the run is doing.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._requeue: int | None = None

    def watch(self, trainer: Trainer) -> None:
        """Note signals from now on; Lightning restores the former handlers after the run."""
        self._signal = None
        if threading.current_thread() is not threading.main_thread():
            return  # where Python allows no handlers
        # A strategy of one device does not tell its environment.
        environment = trainer._accelerator_connector.cluster_environment
        if isinstance(environment, SLURMEnvironment) and environment.auto_requeue:
            self._requeue = environment.requeue_signal
        for number in {signal.SIGTERM, self._requeue} - {None}:
            signal.signal(number, self._note)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signal = number

    @property
    def is_asked_for(self) -> bool:
        """Whether this process was asked to leave."""
        return self._signal is not None

    def leave(self, trainer: Trainer) -> None:
        """End the run, which has saved its state.

        Raises:
            SIGTERMException: Always; it ends the process.
        """
        requeues = self._signal is not None and self._signal == self._requeue
        if trainer.is_global_zero:
            log.info("Asked to leave: the state is in %s", trainer.default_root_dir)
            if requeues:
                _requeue_job()
        raise SIGTERMException(0 if requeues else _EXIT_CODE)


def _requeue_job() -> None:
    """Ask SLURM to start the job again."""
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    task = os.environ.get("SLURM_ARRAY_TASK_ID")
    job = f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID", "")
    try:
        subprocess.run(["scontrol", "requeue", job], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", None) or error
        log.warning("SLURM did not take job %r back (%s): queue it again by hand", job, told)
