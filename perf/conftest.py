"""Steps are measured with freed memory kept, as `tangle fit` keeps it on a CPU.

Else new memory for every large tensor costs up to a fifth of a step, and so much noise that
ratios of one run differ from those of the next. `MALLOC_ARENA_MAX=8 make bench` measures without,
as any setting of the C library's allocator does.
"""

from __future__ import annotations

import pytest

from tangle.modules.freed_memory import keep_freed_memory


@pytest.fixture(scope="session", autouse=True)
def _freed_memory() -> None:
    keep_freed_memory()
