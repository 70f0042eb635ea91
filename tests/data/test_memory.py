from pathlib import Path

import pytest

from tangle.data import memory

GIB = 1 << 30


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Linux machine with 8 GiB available, in a folder that also stands for the container's."""
    (tmp_path / "meminfo").write_text("MemTotal: 1 kB\nMemAvailable:    8388608 kB\nOther: 1\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    return tmp_path


def limit(folder: Path, size: str) -> None:
    (folder / "memory.max").write_text(f"{size}\n")
    (folder / "memory.current").write_text(f"{3 * GIB}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {GIB}\n")


def test_what_the_system_calls_available_is_available(machine: Path) -> None:
    assert memory.available_memory() == 8 * GIB


def test_the_limit_of_a_container_counts_where_it_is_lower(machine: Path) -> None:
    limit(machine, str(6 * GIB))
    assert memory.available_memory() == (6 - 3 + 1) * GIB
    limit(machine, str(60 * GIB))
    assert memory.available_memory() == 8 * GIB
    limit(machine, "max")
    assert memory.available_memory() == 8 * GIB


def test_elsewhere_it_is_the_size_of_the_memory_or_not_known(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine / "meminfo").unlink()
    pages = {"SC_PHYS_PAGES": 10, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(memory.os, "sysconf", pages.__getitem__)
    assert memory.available_memory() == 40960
    monkeypatch.delattr(memory.os, "sysconf")
    assert memory.available_memory() is None
