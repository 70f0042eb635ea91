"""A progress bar for few things that take long each."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

_SECONDS = 3600.0
"""Seconds back that the speed is estimated from; rich's own 30 may not see one thing end."""


def slow_progress(
    *more: ProgressColumn,
    console: Console | None = None,
    transient: bool = True,
    redirect_stdout: bool = True,
) -> Progress:
    """Return a bar that tells how many of how many are done, and the time that is left.

    Args:
        more: Further columns.
        console: Where it is shown.
        transient: Whether it goes in the end.
        redirect_stdout: Whether what is printed meanwhile goes above the bar.
    """
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        *more, console=console, transient=transient, redirect_stdout=redirect_stdout,
        speed_estimate_period=_SECONDS,
    )  # fmt: skip
