from pathlib import Path

from tangle.data.folder_parts import FolderParts
from tests.data.pictures import write_image_folder


def test_classes_are_known_before_test_images_are_looked_for(tmp_path: Path) -> None:
    write_image_folder(tmp_path, train=2, test=1)
    parts = FolderParts(tmp_path, "nowhere")
    assert parts.classes == ("ant", "bee", "cow")
    train, test = FolderParts(tmp_path).parts()
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 0, 1, 1, 2, 2], [0, 1, 2])
