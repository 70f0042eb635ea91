import errno
import io
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image

from tangle.data.decoding import (
    Decoder,
    UndecodableImageError,
    UnreadableImageError,
    evaluation_geometry,
    training_geometry,
)


@dataclass
class One:
    """One image in memory."""

    content: bytes

    def __len__(self) -> int:
        return 1

    def name(self, index: int) -> str:
        return f"picture {index}"

    def read(self, index: int) -> bytes:
        return self.content


def encoded(format: str, size: tuple[int, int] = (6, 4)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (10, 20, 30)).save(buffer, format)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["PNG", "BMP", "WEBP", "TIFF", "JPEG"])
def test_pictures_of_all_formats_become_bytes_of_the_size_asked_for(format: str) -> None:
    pixels = Decoder(evaluation_geometry(5, None, "bicubic"), 3)(One(encoded(format)), 0)
    assert pixels.shape == (3, 5, 5)
    expected = torch.tensor([10, 20, 30], dtype=torch.uint8)[:, None, None].expand(3, 5, 5)
    assert (pixels.int() - expected.int()).abs().max() <= 3  # JPEG and WebP lose something


def test_the_central_square_is_what_is_kept() -> None:
    image = Image.new("L", (30, 20))
    image.putpixel((0, 0), 255)
    assert evaluation_geometry(16, 0.8, "bilinear")(image).size == (16, 16)
    assert evaluation_geometry(20, 1.0, "bilinear")(image).getextrema() == (0, 0)


def test_random_parts_depend_on_the_generator_alone() -> None:
    image = Image.linear_gradient("L")
    crop = training_geometry(8, (0.1, 0.5), "bilinear")
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(crop(image).tobytes())
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    "content", [b"", b"no picture", encoded("JPEG", (64, 64))[:-100], encoded("PNG")[:50]],
    ids=["empty", "other", "cut JPEG", "cut PNG"],
)  # fmt: skip
def test_what_cannot_be_decoded_is_named(content: bytes) -> None:
    with pytest.raises(UndecodableImageError, match=r"picture 0 cannot be decoded: "):
        Decoder(evaluation_geometry(4, None, "bilinear"), 3)(One(content), 0)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_eight(format: str) -> None:
    levels = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1024
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, format)
    pixels = Decoder(evaluation_geometry(8, None, "bilinear"), 1)(One(buffer.getvalue()), 0)
    assert pixels[0].tolist() == (levels // 256).tolist()


def test_pixels_of_unknown_range_are_refused() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.ones((4, 4), np.float32)).save(buffer, "TIFF")
    with pytest.raises(UndecodableImageError, match=r"32 bits deep .*convert it to 8 or 16 bits"):
        Decoder(evaluation_geometry(4, None, "bilinear"), 3)(One(buffer.getvalue()), 0)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "make it readable"),
        (errno.EIO, "repair the disk"),
        (errno.EMFILE, r"raise the limit of open files \(ulimit -n\), or lower num_workers"),
        (errno.ENFILE, "ulimit"),
    ],
)
def test_what_cannot_be_read_is_not_taken_for_damaged(
    number: int, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: One, index: int) -> bytes:
        raise OSError(number, "refused")

    monkeypatch.setattr(One, "read", refuse)
    with pytest.raises(
        UnreadableImageError, match=rf"picture 0 cannot be read \(refused\).*{remedy}"
    ):
        Decoder(evaluation_geometry(4, None, "bilinear"), 3)(One(b""), 0)
