"""The first tour: make logs, index them, run three searches, say what each cost and what to try next.

Everything goes through the `lakebed` command, as a user's hands would. The lake is ./demo-lake; running again finds it
indexed and starts with the searches.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from demo.logs import write_logs
from demo.story import ATTACKER, STOLEN_KEY

LAKE = Path("demo-lake")
LOGS = Path("demo-logs")

SEARCHES = [
    (
        "A needle: where was this access key used? No field named, every log searched; newest first.",
        f"{STOLEN_KEY} | table @lb.time, @index, sourceIPAddress, eventName, requestParameters.key",
        ["--limit", "5"],
    ),
    (
        "A field filter: what did its user change? No field was ever declared.",
        (
            f"sourceIPAddress: {ATTACKER} and readOnly: false "
            "| table @lb.time, eventName, errorCode, requestParameters.userName"
        ),
        ["--index", "cloudtrail"],
    ),
    (
        "A statistic: whose connections are refused most?",
        "action: REJECT | groupbycount(srcaddr) | head 5",
        ["--index", "vpcflow"],
    ),
]

NEXT = [
    "lakebed index /var/log/nginx/ --into web      # a file, a folder, a glob, s3://… gs://… az://…",
    "lakebed search 'status >= 500' --since 7d     # --output jsonl or csv for scripts",
    "lakebed search '* | groupbycount(path)'       # count by any field, nobody has to declare it",
]


def main() -> int:
    """Runs the tour; the exit code is that of the first step that failed."""
    started = time.perf_counter()
    for name, folder in write_logs(LOGS).items():
        code = _show(["lakebed", "index", str(folder), "--into", name])
        if code != 0:
            return code
    for number, (why, query, options) in enumerate(SEARCHES, 1):
        print(f"\n{number}. {why}\n", flush=True)
        code = _show(["lakebed", "search", query, *options, "--output", "table", "--stats"])
        if code != 0:
            return code
    print(f"\nThat took {time.perf_counter() - started:.1f} s. Now your own logs (the lake is ./lake):\n")
    print("  source .venv/bin/activate")
    for line in NEXT:
        print(f"  {line}")
    return 0


def _show(command: list[str]) -> int:
    """Prints a command as one would type it, and runs it on the lake of the demo."""
    command = [*command, "--lake", str(LAKE)]
    print(f"$ {shlex.join(command)}", flush=True)
    tool = shutil.which(command[0], path=str(Path(sys.executable).parent))
    if tool is None:
        print("the command lakebed is not in this environment: run make demo", file=sys.stderr)
        return 2
    return subprocess.run([tool, *command[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
