"""Ranks learn what any of them said, all at the same time, one question later."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import distributed, multiprocessing

from tangle.callbacks.agreement import Agreement

SAYS = [
    [(False, False), (False, True), (True, False), (False, False), (True, True)],  # rank 0
    [(False, False), (False, False), (True, False), (False, True), (True, False)],
]


def _opened(world_size: int) -> Agreement:
    trainer: Any = SimpleNamespace(world_size=world_size)
    agreement = Agreement()
    agreement.open(trainer)
    return agreement


def test_a_single_process_answers_itself_at_once() -> None:
    agreement = _opened(1)
    assert [agreement.lately(says) for says in SAYS[0]] == [list(says) for says in SAYS[0]]
    assert agreement.now(True)
    assert not agreement.now(False)


def _rank(rank: int, folder: str) -> None:
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2
    )
    agreement = _opened(2)
    answers: list[Any] = [agreement.lately(says) for says in SAYS[rank]]
    answers += [agreement.now(rank == 1), agreement.now(False)]
    torch.save(answers, f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


def test_ranks_learn_by_the_next_question_what_any_of_them_said(tmp_path: Path) -> None:
    multiprocessing.spawn(_rank, (str(tmp_path),), nprocs=2)  # type: ignore[no-untyped-call]
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    # The third question is not put, as the second was answered with yes; nor is the fifth.
    assert first == [[False, False], [False, False], [False, True], [False, False], [False, True],
                     True, False]  # fmt: skip
    assert second == first
