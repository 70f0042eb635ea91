import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="an allocator of glibc")

SCRIPT = """
import resource, torch
from tangle.modules.freed_memory import keep_freed_memory, return_freed_memory

def megabytes():
    status = open("/proc/self/status").read()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024

def faults(number=6_000_000, at_once=8, rounds=3):  # 24 MB each
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        tensors = [torch.ones(number) for _ in range(at_once)]
        del tensors
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
usual, held, kept = faults(), megabytes(), keep_freed_memory()
faults()
again, held_then = faults(), megabytes()
faults(100_000_000, 1)  # 400 MB
held_after_large = megabytes()
return_freed_memory()
held_at_the_end = megabytes()
faults(250_000, 1)
small = faults(250_000, 1, 50)
print(kept, usual, held, again, held_then, held_after_large, held_at_the_end, small)
"""


def measured(**environment):
    """Return whether memory is kept; page faults and megabytes held before and after that."""
    pages = {"PYTHONPATH": ":".join(sys.path), **environment}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=pages, capture_output=True, text=True, check=True
    )
    kept, *numbers = done.stdout.split()
    return kept == "True", [int(number) for number in numbers]


def test_memory_that_is_kept_is_not_mapped_again_and_goes_back_at_the_end():
    kept, (_, _, faults, held_then, held_after_large, held_at_the_end, _) = measured()
    assert kept
    assert faults < 10_000  # all in new pages are 140,000
    assert held_after_large < held_then + 50  # gaps of large ones would add up
    assert held_at_the_end < held_then - 100  # megabytes of the tensors that are gone


def test_what_is_small_enough_is_used_again_after_that_as_before():
    _, (*_, small) = measured()
    assert small < 2000  # fifty times a megabyte in new pages are 12,000


def test_an_allocator_that_the_environment_sets_up_is_left_alone():
    kept, (usual, held, faults, held_then, *_) = measured(MALLOC_MMAP_THRESHOLD_="100000")
    assert not kept
    assert faults > usual / 2
    assert held_then < held + 100
