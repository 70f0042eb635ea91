"""Images that are mixtures of two, with labels to match."""

import torch
from torch import Tensor, nn
from torchvision.transforms import v2


class MixUpCutMix(nn.Module):
    """Mixes each image with another of its batch, by mixup or by cutmix, drawn for each batch.

    Mixup (Zhang et al., ICLR 2018) averages the two, cutmix (Yun et al., ICCV 2019) puts a
    rectangle of one into the other; labels become the probabilities of the classes, in the same
    shares. The defaults are those of AutoFormer and DeiT. Labels are smoothed by the task, not
    here. Images come out in another order, so that those repeated in a row are not mixed with
    themselves.

    Args:
        num_classes: of the data, as that of the network and the task.
        mixup_alpha: parameter of the Beta distribution of mixup's share; 0: no mixup.
        cutmix_alpha: parameter of the Beta distribution of cutmix's share; 0: no cutmix.
        cutmix_p: probability of cutmix where there are both, in [0, 1].
        p: probability that a batch is mixed at all, in [0, 1].
    """

    def __init__(
        self,
        num_classes: int,
        mixup_alpha: float = 0.8,
        cutmix_alpha: float = 1.0,
        cutmix_p: float = 0.5,
        p: float = 1.0,
    ) -> None:
        super().__init__()
        if num_classes < 2:
            raise ValueError(f"num_classes is {num_classes}; there must be at least 2 to mix")
        if min(mixup_alpha, cutmix_alpha) < 0 or max(mixup_alpha, cutmix_alpha) == 0:
            raise ValueError(
                f"mixup_alpha is {mixup_alpha} and cutmix_alpha {cutmix_alpha}; neither may be "
                "below 0, and one must be above"
            )
        for name, value in {"cutmix_p": cutmix_p, "p": p}.items():
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}; a probability lies in [0, 1]")
        self.num_classes = num_classes
        self.mixup = v2.MixUp(alpha=mixup_alpha, num_classes=num_classes) if mixup_alpha else None
        self.cutmix = (
            v2.CutMix(alpha=cutmix_alpha, num_classes=num_classes) if cutmix_alpha else None
        )
        self.cutmix_p = cutmix_p if mixup_alpha and cutmix_alpha else float(mixup_alpha == 0)
        self.p = p

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Images [B, C, H, W] and classes [B] to mixed images and probabilities [B, K]."""
        if int(labels.max()) >= self.num_classes:
            raise ValueError(
                f"MixUpCutMix has num_classes {self.num_classes}, but the data have a class "
                f"{int(labels.max())} (counted from 0): set it to their number of classes"
            )
        mixed, cut = torch.rand(2).tolist()
        if mixed >= self.p:
            return images, nn.functional.one_hot(labels, self.num_classes).to(images.dtype)
        chosen = self.cutmix if cut < self.cutmix_p else self.mixup
        # torchvision mixes neighbours, which may be one image, repeated.
        order = torch.randperm(len(images))
        images, labels = images[order], labels[order]
        mixed_images, probabilities = chosen(images, labels)  # type: ignore[misc]  # one is there
        return mixed_images, probabilities
