import pytest
import torch

from tangle.data.mixing import MixUpCutMix

LABELS = torch.arange(12) % 4
IMAGES = torch.arange(12.0)[:, None, None, None].expand(12, 3, 10, 10).contiguous()


def test_mixup_averages_images_and_labels_in_the_same_shares() -> None:
    torch.manual_seed(0)
    x, y = MixUpCutMix(4, mixup_alpha=1.0, cutmix_alpha=0)(IMAGES, LABELS)
    torch.testing.assert_close(y.sum(1), torch.ones(12))
    share = y[1, 1]  # of image 1 in its mixture with image 0
    torch.testing.assert_close(x[1], (share * IMAGES[1] + (1 - share) * IMAGES[0]))
    assert 0 < share < 1


def test_cutmix_mixes_labels_by_the_area_of_the_rectangle() -> None:
    torch.manual_seed(1)
    x, y = MixUpCutMix(4, mixup_alpha=0, cutmix_alpha=1.0)(IMAGES, LABELS)
    own = (x[1] == 1).float().mean()
    assert set(x[1].unique().tolist()) == {0, 1}
    torch.testing.assert_close(y[1], torch.stack([1 - own, own, own * 0, own * 0]))


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
