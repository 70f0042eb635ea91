"""Both losses are shown, in one line."""

import io

import pytest
from rich.console import Console

from tangle.callbacks import SearchProgressBar
from tests.planted import PlantedData, make_search, make_trainer


def test_both_losses_and_the_accuracy_are_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=110)
    bar = "lightning.pytorch.callbacks.progress.rich_progress"
    monkeypatch.setattr(f"{bar}.get_console", lambda: screen)
    trainer = make_trainer(epochs=2, callbacks=[SearchProgressBar()], enable_progress_bar=True)
    trainer.fit(make_search(), PlantedData())
    lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
    names = ("arch/loss", "train/loss", "val/best/accuracy")
    assert any(all(name in line for name in names) for line in lines)
    assert not any("v_num" in line for line in lines)
