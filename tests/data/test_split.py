import pytest
import torch
from torch import Tensor

from tangle.data.split import Split, even_order

LABELS = torch.tensor([0] * 500 + [1] * 300 + [2] * 150 + [3] * 50)[
    torch.randperm(1000, generator=torch.Generator().manual_seed(5))
]


def draw(labels: Tensor = LABELS, **settings: float) -> Split:
    return Split.draw(labels, **{"arch_fraction": 0.5, "val_fraction": 0.1, "seed": 0, **settings})


@pytest.mark.parametrize(
    ("arch_fraction", "val_fraction", "sizes"),
    [
        (0.5, 0.1, (450, 450, 100)),
        (0.2, 0.1, (720, 180, 100)),
        (0, 0.25, (750, 0, 250)),
        (0, 0, (1000, 0, 0)),
    ],
)
def test_parts_have_the_stated_sizes_and_make_up_the_whole(
    arch_fraction: float, val_fraction: float, sizes: tuple[int, int, int]
) -> None:
    split = draw(arch_fraction=arch_fraction, val_fraction=val_fraction)
    assert (len(split.weights), len(split.arch), len(split.val)) == sizes
    together = torch.cat([split.weights, split.arch, split.val])
    assert torch.equal(together.sort().values, torch.arange(1000))


def test_every_part_holds_each_class_in_proportion() -> None:
    split = draw(arch_fraction=0.3, val_fraction=0.13)
    shares = LABELS.bincount() / 1000
    for part in vars(split).values():
        counts = LABELS[part].bincount(minlength=4)
        assert (counts - shares * len(part)).abs().max() < 2


def test_every_prefix_of_the_even_order_holds_each_class_to_within_one() -> None:
    one_hot = torch.nn.functional.one_hot(LABELS[even_order(LABELS, 0)]).double()
    expected = torch.arange(1, 1001)[:, None] * LABELS.bincount() / 1000
    assert (one_hot.cumsum(0) - expected).abs().max() <= 1


def test_no_class_is_favoured_where_a_part_cannot_hold_all() -> None:
    labels = torch.arange(100) % 10  # 5 validation samples of 10 equally large classes
    chosen = [labels[draw(labels, val_fraction=0.05, seed=seed).val] for seed in range(200)]
    assert torch.cat(chosen).bincount(minlength=10).min() > 60  # 100 expected


def test_the_split_is_random_inside_a_class_and_a_function_of_the_seed() -> None:
    first, again, other = draw(seed=0), draw(seed=0), draw(seed=1)
    for part in ("weights", "arch", "val"):
        assert torch.equal(getattr(first, part), getattr(again, part))
        assert not torch.equal(
            getattr(first, part).sort().values, getattr(other, part).sort().values
        )


def test_validation_does_not_depend_on_the_architecture_share() -> None:
    assert torch.equal(draw(arch_fraction=0).val, draw(arch_fraction=0.5).val)


def test_samples_without_labels_are_split_at_random() -> None:
    split = draw(torch.zeros(1000))
    assert (len(split.weights), len(split.arch), len(split.val)) == (450, 450, 100)
    assert not torch.equal(split.val.sort().values, torch.arange(100))


def test_the_first_validation_samples_come_from_all_stretches_of_the_part() -> None:
    val = draw(torch.zeros(1000), stretch=20).val  # 5 stretches
    assert len((val[:40] // 20).unique()) == 5
    assert len((val // 20).unique()) == 5
