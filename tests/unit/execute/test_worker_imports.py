"""A Lambda worker starts in tens of milliseconds: what it imports is held to a short list."""

from __future__ import annotations

import resource
import subprocess
import sys

MILLISECONDS_MAX = 150
ALLOWED = {"lakebed", "msgspec", "obstore", "typing_extensions"}
CODE = """
import sys
before = set(sys.modules)
import lakebed.handlers.search
print("\\n".join(sorted(set(sys.modules) - before)))
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_a_worker_imports_only_what_it_may() -> None:
    loaded = run(CODE).split()
    outside = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    assert outside <= ALLOWED
    ours = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("lakebed.")}
    allowed = {"_core", "config", "decoding", "errors", "execute", "handlers", "native", "safe_text", "storage"}
    assert {name.removeprefix("lakebed.") for name in ours} <= allowed


def test_a_worker_starts_quickly() -> None:
    """Processor time, the best of several: on a busy machine the clock on the wall says nothing."""
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run("import lakebed.handlers.search")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    assert min(times) <= MILLISECONDS_MAX
