"""Batches are made once where they are small, and each time where they are not."""

import torch

from tangle.modules.kept_batches import KeptBatches

CPU = torch.device("cpu")


class Loader:
    def __init__(self):
        self.passes = 0

    def __call__(self):
        self.passes += 1
        return ((torch.full((4,), float(i)), {"y": torch.tensor([i])}) for i in range(5))


def numbers(batches):
    return [int(y["y"]) for _, y in batches]


def test_small_batches_are_made_once():
    loader = Loader()
    batches = KeptBatches(loader, CPU)
    assert numbers(batches) == numbers(batches) == [0, 1, 2, 3, 4]
    assert loader.passes == 1


def test_large_batches_are_made_each_time():
    loader = Loader()
    batches = KeptBatches(loader, CPU, most_bytes=4 * 16)  # of 5 * (16 + 8)
    assert numbers(batches) == numbers(batches) == [0, 1, 2, 3, 4]
    assert loader.passes == 2


def test_a_pass_that_was_left_is_not_taken_for_the_whole():
    batches = KeptBatches(Loader(), CPU)
    next(iter(batches))
    assert numbers(batches) == [0, 1, 2, 3, 4]


def test_only_the_first_batches_are_taken_if_asked():
    assert numbers(KeptBatches(Loader(), CPU, count=2)) == [0, 1]
    assert numbers(KeptBatches(Loader(), CPU, count=0)) == []
