from functools import partial
from itertools import chain

import pytest
import torch

from tangle.data.order import one_pass
from tangle.data.sampler import Draw, EpochSampler


def make(num_samples: int, num_batches: int, **settings: int) -> EpochSampler:
    order = partial(one_pass, part=torch.arange(num_samples), seed=4)
    return EpochSampler(order, num_batches, **{"batch_size": 4, **settings})


def test_a_pass_in_batches_is_the_order_cut_into_nearly_equal_pieces() -> None:
    sampler = make(22, 6)
    batches = [draw.indices for draw in sampler]
    assert list(chain(*batches)) == one_pass(0, part=torch.arange(22), seed=4).tolist()
    assert sorted(map(len, batches)) == [3, 3, 4, 4, 4, 4]
    assert len(sampler) == 6


def test_surplus_samples_are_left_out() -> None:
    assert [len(draw.indices) for draw in make(22, 5)] == [4] * 5


def test_batches_and_their_seeds_are_a_function_of_seed_epoch_and_rank() -> None:
    def epoch(number: int, **settings: int) -> list[Draw]:
        sampler = make(22, 6, **settings)
        sampler.set_epoch(number)
        return list(sampler)

    assert epoch(2) == epoch(2)
    seeds = [
        draw.seed
        for draws in (epoch(2), epoch(3), epoch(2, seed=1), epoch(2, rank=1, world_size=2))
        for draw in draws
    ]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("world_size", [1, 2, 3])
@pytest.mark.parametrize("num_samples", [12, 25, 48])
def test_ranks_share_every_batch_without_overlap(num_samples: int, world_size: int) -> None:
    num_batches = -(-num_samples // (4 * world_size))
    ranks = [
        list(make(num_samples, num_batches, rank=rank, world_size=world_size))
        for rank in range(world_size)
    ]
    assert {len(batches) for batches in ranks} == {num_batches}
    seen = [index for batches in ranks for draw in batches for index in draw.indices]
    assert sorted(seen) == list(range(num_samples))
    sizes = {len(draw.indices) for batches in ranks for draw in batches}
    assert max(sizes) <= 4
    assert min(sizes) >= 1


def test_starting_inside_an_epoch_gives_the_rest_of_it() -> None:
    whole, rest = make(22, 6), make(22, 6)
    rest.start = 4
    assert list(rest) == list(whole)[4:]


def test_a_rank_without_a_sample_is_refused() -> None:
    sampler = make(3, 2, batch_size=1, world_size=2)
    with pytest.raises(ValueError, match=r"3 samples in 2 batches .* larger batch_size than 1"):
        next(iter(sampler))
