import pytest
import torch

from tangle.data.mixing import MixUpCutMix

LABELS = torch.arange(12) % 4
IMAGES = torch.arange(12.0)[:, None, None, None].expand(12, 3, 10, 10).contiguous()


def test_mixup_averages_images_and_labels_in_the_same_shares() -> None:
    torch.manual_seed(0)
    numbers = torch.arange(12)
    x, y = MixUpCutMix(12, mixup_alpha=1.0, cutmix_alpha=0)(IMAGES, numbers)
    torch.testing.assert_close(y.sum(1), torch.ones(12))
    torch.testing.assert_close(y.sum(0), torch.ones(12))  # each image is in two mixtures
    assert ((y > 0).sum(1) == 2).all()
    torch.testing.assert_close(x, (y @ numbers.float())[:, None, None, None].expand_as(x))


def test_cutmix_mixes_labels_by_the_area_of_the_rectangle() -> None:
    torch.manual_seed(1)
    x, y = MixUpCutMix(12, mixup_alpha=0, cutmix_alpha=1.0)(IMAGES, torch.arange(12))
    assert ((y > 0).sum(1) == 2).all()
    areas = torch.stack([(x[:, 0] == number).float().mean((1, 2)) for number in range(12)], 1)
    torch.testing.assert_close(y, areas)


def test_images_repeated_in_a_row_are_mixed_with_others() -> None:
    torch.manual_seed(0)
    labels = torch.arange(20).repeat_interleave(3)
    mix = MixUpCutMix(20, cutmix_alpha=0)
    _, y = mix(torch.zeros(60, 3, 4, 4), labels)
    assert ((y > 0).sum(1) == 1).float().mean() < 0.2  # 2 of 59 expected; of neighbours 2 of 3


def test_both_occur_as_often_as_asked() -> None:
    torch.manual_seed(2)
    mix = MixUpCutMix(4, cutmix_p=0.25)
    cut = sum(len(mix(IMAGES, LABELS)[0][1].unique()) == 2 for _ in range(200))
    assert 25 < cut < 75  # 50 expected, standard deviation 6


def test_batches_that_are_not_mixed_have_certain_labels() -> None:
    x, y = MixUpCutMix(4, p=0)(IMAGES, LABELS)
    assert torch.equal(x, IMAGES)
    assert torch.equal(y, torch.eye(4)[LABELS])


def test_too_few_classes_are_refused_by_number() -> None:
    with pytest.raises(ValueError, match=r"num_classes 3, but the data have a class 3"):
        MixUpCutMix(3)(IMAGES, LABELS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_classes": 1}, "num_classes is 1"),
        ({"num_classes": 4, "mixup_alpha": 0, "cutmix_alpha": 0}, "one must be above"),
        ({"num_classes": 4, "mixup_alpha": -1}, "neither may be below 0"),
        ({"num_classes": 4, "cutmix_p": 2}, r"cutmix_p is 2; a probability"),
    ],
)
def test_senseless_arguments_are_refused(settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MixUpCutMix(**settings)
