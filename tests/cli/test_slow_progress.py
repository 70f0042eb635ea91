"""The time that is left is told also where each thing takes longer than half a minute."""

from __future__ import annotations

import io

from rich.console import Console

from tangle.cli.slow_progress import slow_progress


def test_the_time_left_is_known_after_two_slow_things() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    clock = [0.0]
    progress = slow_progress(console=console, transient=False)
    progress.get_time = lambda: clock[0]  # type: ignore[method-assign]
    task = progress.add_task("Networks", total=4)
    for seconds in (50.0, 100.0):
        clock[0] = seconds
        progress.advance(task)
    assert progress.tasks[0].time_remaining == 100
    console.print(progress)
    assert "2/4" in console.file.getvalue()  # type: ignore[attr-defined]
