import pickle
from pathlib import Path

import datasets

from tangle.data.hub_rows import HubRows
from tests.data.hub_format import encoded, rows


def test_rows_give_the_bytes_that_were_stored_also_to_another_process() -> None:
    images = HubRows(rows(5), "image", "the split train of it")
    for held in (images, pickle.loads(pickle.dumps(images))):
        assert len(held) == 5
        assert held.read(3) == encoded(3)["bytes"]
        assert held.name(3) == "row 3 of the split train of it"


def test_images_that_a_table_only_points_to_are_read_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(5)["bytes"])
    places = datasets.Dataset.from_dict({"image": [str(tmp_path / "a.png"), None]})
    images = HubRows(places.cast_column("image", datasets.Image()), "image", "it")
    assert images.read(0) == encoded(5)["bytes"]
    assert images.read(1) == b""
