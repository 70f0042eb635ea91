import torch

from tangle.data.order import endless, mix_seed, one_pass, shuffled

PART = torch.tensor([3, 5, 8, 13, 21, 34, 55])


def test_a_seed_depends_on_each_part_and_on_their_sequence() -> None:
    assert len({mix_seed(*parts) for parts in [(1, 2), (2, 1), (1, 3), (1,), (1, 2, 0)]}) == 5
    assert mix_seed(1, 2) == mix_seed(1, 2)


def test_shuffling_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    shuffled(PART, 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_pass_holds_every_sample_once_in_an_order_of_seed_and_epoch() -> None:
    orders = [one_pass(epoch, part=PART, seed=seed) for epoch in (0, 1, 0) for seed in (0, 1)]
    for order in orders:
        assert torch.equal(order.sort().values, PART)
    assert torch.equal(orders[0], orders[4])
    assert len({tuple(order.tolist()) for order in orders}) == 4


def test_the_endless_stream_is_the_chain_of_shuffled_passes() -> None:
    chain = torch.cat([shuffled(PART, 9, number) for number in range(20)])
    for length in (1, 3, 7, 10, 23):  # shorter than, equal to and longer than the part
        for epoch in range(5):
            stretch = endless(epoch, part=PART, seed=9, length=length)
            assert torch.equal(stretch, chain[epoch * length : (epoch + 1) * length])


def test_the_endless_stream_uses_all_samples_evenly() -> None:
    stretches = [endless(epoch, part=PART, seed=0, length=10) for epoch in range(6)]
    counts = torch.cat(stretches).bincount()[PART]
    assert counts.sum() == 60
    assert counts.max() - counts.min() <= 1


def test_repeats_stand_in_a_row_and_as_many_epochs_hold_all_samples_equally_often() -> None:
    part = torch.arange(100, 109)
    epochs = [one_pass(epoch, part=part, seed=4, repeats=3) for epoch in range(3)]
    for epoch in epochs:
        assert epoch.tolist() == epoch[::3].repeat_interleave(3).tolist()
    assert torch.cat(epochs).bincount()[100:].tolist() == [3] * 9
    assert len(one_pass(0, part=part[:8], seed=4, repeats=3)) == 8
