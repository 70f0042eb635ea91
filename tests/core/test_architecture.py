from pathlib import Path
from random import Random

import pytest
import torch
import yaml

from tangle.core import (
    Choice,
    Condition,
    SearchSpace,
    load_architecture,
    one_hot,
    read_architecture_file,
    save_architecture,
)

DEPTH = Choice("depth", (1, 2))
RATIO = Choice("ratio", (3.5, 4, 0.1))
OPERATION = Choice("operation", ("no", "1e3", "true", "conv"))  # YAML would read some as numbers
SPACE = SearchSpace([DEPTH, RATIO, OPERATION], {"ratio": [(Condition("depth", frozenset({1})),)]})
ARCH = {"depth": 1, "ratio": 2, "operation": 3}


def write(path: Path, **changes: object) -> Path:
    """Write a valid architecture file, with changes; None drops a key."""
    content = {"version": 1, "space": SPACE.hash, "architecture": SPACE.describe(ARCH), **changes}
    path.write_text(yaml.safe_dump({key: v for key, v in content.items() if v is not None}))
    return path


@pytest.mark.parametrize("dtype", [None, torch.float64, torch.bfloat16])
def test_one_hot_has_its_weight_on_the_architecture(dtype: torch.dtype | None) -> None:
    weights = one_hot(ARCH, SPACE, dtype=dtype)
    assert list(weights) == list(SPACE)
    for name, choice in SPACE.items():
        expected = [float(i == ARCH[name]) for i in range(len(choice.candidates))]
        assert weights[name].tolist() == expected
        assert weights[name].dtype == (dtype or torch.float32)


def test_one_hot_is_on_the_device_asked_for() -> None:
    weights = one_hot(ARCH, SPACE, device="meta")
    assert {vector.device.type for vector in weights.values()} == {"meta"}


def test_one_hot_of_an_architecture_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"missing 'operation'"):
        one_hot({"depth": 0, "ratio": 0}, SPACE)


def test_file_holds_what_was_saved(tmp_path: Path) -> None:
    for arch in SPACE.enumerate():
        save_architecture(tmp_path / "architecture.yaml", arch, SPACE)
        assert load_architecture(tmp_path / "architecture.yaml", SPACE) == arch


def test_file_is_readable_and_names_values(tmp_path: Path) -> None:
    save_architecture(tmp_path / "a.yaml", ARCH, SPACE, {"seed": 3, "metrics": {"acc": 0.5}})
    content = yaml.safe_load((tmp_path / "a.yaml").read_text())
    assert content == {
        "version": 1,
        "space": SPACE.hash,
        "architecture": {"depth": 2, "ratio": 0.1, "operation": "conv"},
        "provenance": {"seed": 3, "metrics": {"acc": 0.5}},
    }
    assert read_architecture_file(tmp_path / "a.yaml") == content


def test_file_holds_the_canonical_form(tmp_path: Path) -> None:
    save_architecture(tmp_path / "a.yaml", {**ARCH, "depth": 0}, SPACE)
    assert load_architecture(tmp_path / "a.yaml", SPACE) == {**ARCH, "depth": 0, "ratio": 0}


def test_equal_architectures_give_equal_files(tmp_path: Path) -> None:
    save_architecture(tmp_path / "a.yaml", ARCH, SPACE)
    save_architecture(tmp_path / "b.yaml", dict(reversed(ARCH.items())), SPACE)
    assert (tmp_path / "a.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()


def test_failure_keeps_the_file_as_it_was(tmp_path: Path) -> None:
    save_architecture(tmp_path / "a.yaml", ARCH, SPACE)
    before = (tmp_path / "a.yaml").read_bytes()
    with pytest.raises(
        ValueError, match=r"plain values .* but it has tensor\(\[1\.\]\): convert it"
    ):
        save_architecture(tmp_path / "a.yaml", ARCH, SPACE, {"score": torch.ones(1)})
    with pytest.raises(ValueError, match=r"'depth' has candidate index 9"):
        save_architecture(tmp_path / "a.yaml", {**ARCH, "depth": 9}, SPACE)
    assert (tmp_path / "a.yaml").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_file_of_another_space_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml")
    wider = SearchSpace([*SPACE.values(), Choice("width", (8, 16))])
    with pytest.raises(ValueError, match=r"a\.yaml belongs to the search space .* use the config"):
        load_architecture(path, wider)
    with pytest.raises(
        ValueError, match=r"Only in the network: \['width'\]; only in the file: \[\]"
    ):
        load_architecture(path, wider)
    unconditional = SearchSpace(SPACE.values())
    with pytest.raises(ValueError, match=r"same names but other candidates or conditions"):
        load_architecture(path, unconditional)


def test_file_of_another_space_is_refused_whatever_its_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", space="0" * 16, architecture={3: 1, "x": 2})
    with pytest.raises(ValueError, match=r"only in the file: \[3, 'x'\]"):
        load_architecture(path, SPACE)


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ({"depth": 2, "ratio": 4}, r"a\.yaml: .* missing 'operation'"),
        ({"depth": 2, "ratio": 4, "operation": "no", "x": 1}, r"a\.yaml: .* unknown 'x'"),
        (
            {"depth": 3, "ratio": 4, "operation": "no"},
            r"a\.yaml: .*'depth' has the value 3, .*\(1, 2",
        ),
        ({"depth": 2, "ratio": 4, "operation": True}, r"a\.yaml: .*'operation' has the value True"),
        ([2, 4], r"a\.yaml: 'architecture' must map choice names to values"),
    ],
)
def test_impossible_architecture_is_refused(
    tmp_path: Path, architecture: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        load_architecture(write(tmp_path / "a.yaml", architecture=architecture), SPACE)


@pytest.mark.parametrize("version", [2, 0, "1", [1]])
def test_other_version_is_refused(tmp_path: Path, version: object) -> None:
    with pytest.raises(
        ValueError, match=r"format version .*, but this tangle reads version 1: use"
    ):
        load_architecture(write(tmp_path / "a.yaml", version=version), SPACE)


@pytest.mark.parametrize("key", ["version", "space", "architecture"])
def test_missing_key_is_named(tmp_path: Path, key: str) -> None:
    path = write(tmp_path / "a.yaml", **{key: None})
    with pytest.raises(ValueError, match=rf"no architecture file: it must have the keys .*'{key}'"):
        load_architecture(path, SPACE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just text",
        b"- 1\n- 2\n",
        b"version: [1\n",
        b"a: 1\n  b: 2\n",
        b"!!python/object/apply:os.getcwd []\n",
        b"PK\x03\x04\xff\xfe\x80checkpoint",
    ],
)
def test_file_that_is_no_architecture_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.yaml is no architecture file: it"):
        load_architecture(path, SPACE)


def test_truncated_file_is_refused_or_the_same(tmp_path: Path) -> None:
    save_architecture(tmp_path / "a.yaml", ARCH, SPACE, {"seed": 1})
    whole = (tmp_path / "a.yaml").read_bytes()
    for length in range(0, len(whole), 3):
        (tmp_path / "a.yaml").write_bytes(whole[:length])
        try:
            arch = load_architecture(tmp_path / "a.yaml", SPACE)
        except ValueError:
            continue
        assert arch == ARCH


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a\.yaml"):
        load_architecture(tmp_path / "a.yaml", SPACE)


def test_floats_survive_the_file_exactly(tmp_path: Path) -> None:
    rng = Random(0)
    ratio = Choice("ratio", [*(rng.random() for _ in range(50)), 1e-5, 1e16, 0.1 + 0.2])
    space = SearchSpace([ratio])
    for arch in space.enumerate():
        save_architecture(tmp_path / "a.yaml", arch, space)
        assert load_architecture(tmp_path / "a.yaml", space) == arch
