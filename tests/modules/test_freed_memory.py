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

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        torch.ones(40_000_000)  # 160 MB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual, held, kept = faults(), megabytes(), keep_freed_memory()
faults()
again, held_then = faults(), megabytes()
return_freed_memory()
print(kept, usual, held, again, held_then, megabytes())
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
    kept, (usual, held, faults, held_then, held_at_the_end) = measured()
    assert kept
    assert faults < usual / 10
    assert held_then > held + 100  # megabytes of the tensor that is gone
    assert held_at_the_end < held_then - 100


def test_an_allocator_that_the_environment_sets_up_is_left_alone():
    kept, (usual, held, faults, held_then, *_) = measured(MALLOC_ARENA_MAX="2")
    assert not kept
    assert faults > usual / 2
    assert held_then < held + 100
