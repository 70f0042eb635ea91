import multiprocessing
import os
from functools import partial
from typing import Any

import pytest
import torch

from tangle.data.loader import EpochLoader
from tangle.data.order import one_pass
from tangle.data.sampler import Draw, EpochSampler


class Echo:
    """A batch is its draw and the process that made it."""

    def __len__(self) -> int:
        return 30

    def __getitem__(self, draw: Draw) -> tuple[str, int]:
        return f"{draw.indices} {draw.seed}", os.getpid()


def make(num_workers: int = 0) -> EpochLoader:
    order = partial(one_pass, part=torch.arange(30), seed=2)
    return EpochLoader(Echo(), EpochSampler(order, 6, batch_size=5), num_workers=num_workers)


def texts(batches: list[Any]) -> list[str]:
    return [text for text, _ in batches]


def epoch(loader: EpochLoader, number: int) -> list[str]:
    loader.sampler.set_epoch(number)
    return texts(list(loader))


def test_batches_are_the_draws_of_the_sampler() -> None:
    loader = make()
    assert epoch(loader, 1) == [f"{draw.indices} {draw.seed}" for draw in loader.sampler]
    assert len(loader) == 6


def test_workers_change_nothing_about_the_batches() -> None:
    loader, with_workers = make(), make(num_workers=2)
    for number in range(2):
        assert epoch(with_workers, number) == epoch(loader, number)
    with_workers.close()


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_epoch_that_is_told_after_iter_still_counts(num_workers: int) -> None:
    loader = make(num_workers)
    iterator = iter(loader)  # Lightning does so before the first epoch, resumed or not
    loader.sampler.set_epoch(5)
    assert texts(list(iterator)) == epoch(make(), 5)
    loader.close()


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_resumed_epoch_is_the_rest_of_the_uninterrupted_one(num_workers: int) -> None:
    interrupted, resumed = make(num_workers), make(num_workers)
    interrupted.sampler.set_epoch(3)
    iterator = iter(interrupted)
    before = texts([next(iterator) for _ in range(4)])
    resumed.load_state_dict(interrupted.state_dict())
    assert resumed.state_dict() == interrupted.state_dict()  # saved again before the first batch
    assert before + epoch(resumed, 3) == epoch(make(), 3)
    assert epoch(resumed, 3) == epoch(make(), 3)
    assert epoch(resumed, 4) == epoch(make(), 4)
    interrupted.close()
    resumed.close()


def test_the_state_of_a_finished_epoch_does_not_shorten_the_next() -> None:
    finished, resumed = make(), make()
    epoch(finished, 0)
    resumed.load_state_dict(finished.state_dict())
    assert epoch(resumed, 1) == epoch(make(), 1)


def test_workers_start_once_and_stop_at_close() -> None:
    loader = make(num_workers=2)
    processes = []
    for number in range(3):
        loader.sampler.set_epoch(number)
        processes.append({process for _, process in loader})
    assert len(set.union(*processes)) == 2
    assert os.getpid() not in processes[0]
    alive = {child.pid for child in multiprocessing.active_children()}
    assert processes[0] <= alive
    loader.close()
    alive = {child.pid for child in multiprocessing.active_children()}
    assert not processes[0] & alive


def test_an_epoch_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    epoch(make(), 0)
    assert torch.equal(torch.get_rng_state(), before)
