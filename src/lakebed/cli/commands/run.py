"""`lakebed run`: the process that keeps a lake up to date."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from lakebed.cli.exit_codes import CANCELLED, FOUND, PARTIAL
from lakebed.cli.server_packages import server_packages

if TYPE_CHECKING:
    from types import FrameType


SAME_SIGNAL_S = 0.5
"""Signals within so short a time are one: some supervisors send them to the process and to its group."""


def run() -> int:
    """Index what comes into the sources of a configuration, until it is told to stop.

    Any number of them may share one lake and one state. SIGTERM and Ctrl-C finish what is in hand or hand it back,
    within `stop_seconds`; a second one ends the process at once, which loses nothing but time.

    Logs are lines of JSON on standard error.

    Exit codes: 0 stopped, 2 error, 3 stopped with work handed back, 130 ended at once.

    For example:
      lakebed run
      lakebed run --config /etc/lakebed.toml
    """
    with server_packages("run"):
        from lakebed.runner.service import open_runner
        from lakebed.runner.telling import Telling
        from lakebed.telemetry.logs import configure
        from lakebed.telemetry.metrics import Metrics

    from lakebed.configuration.find import read_found

    configuration = read_found()
    metrics = Metrics()
    reports = Telling(metrics, configure(stream=sys.stderr, secrets=configuration.secrets()))
    told = threading.Event()
    _stop_on_signals(told)
    with open_runner(configuration, reports, metrics=metrics) as runner:
        runner.start()
        reports.event("started", owner=runner.owner)
        told.wait()
        reports.event("stopping", in_hand=runner.desk.open_count)
        stopped = runner.stop()
    reports.event("stopped", handed_back=stopped.handed_back, is_clean=stopped.is_clean)
    code = PARTIAL if stopped.handed_back else FOUND
    if not stopped.is_clean:
        sys.stderr.flush()
        os._exit(code)  # a thread that hangs in a request must not hold the process
    return code


def _stop_on_signals(told: threading.Event) -> None:
    first = 0.0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal first
        if told.is_set() and time.monotonic() - first > SAME_SIGNAL_S:
            os._exit(CANCELLED)
        if not told.is_set():
            first = time.monotonic()
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
