"""ImageNet, from its folders."""

from tangle.data.image_folder import ImageFolder
from tangle.data.image_sources import EncodedPart


class ImageNet(ImageFolder):
    """ImageNet's 1,000 classes (ILSVRC 2012): `root/train/CLASS` and `root/val/CLASS`.

    1,281,167 training images, and 50,000 to validate on, which have labels and are the test set
    here, as in the TangleNAS paper; validation and architecture parts are taken from the training
    images. Normalised by the means 0.485, 0.456, 0.406 and standard deviations 0.229, 0.224, 0.225.
    The set cannot be downloaded freely: image-net.org has it, after registration, and torchvision's
    `datasets.ImageNet` extracts its archives into these folders.
    """

    expected_classes = 1000

    def parts(self) -> tuple[EncodedPart, EncodedPart]:
        """Training and test images, as they are stored.

        Raises:
            ValueError: if there are not 1,000 class folders.
        """
        parts = super().parts()
        if self.num_classes != self.expected_classes:
            raise ValueError(
                f"{self.root / 'train'} has {self.num_classes} class folders, and ImageNet "
                f"{self.expected_classes:,}; use tangle.data.ImageFolder for a part of it"
            )
        return parts
