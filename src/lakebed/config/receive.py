"""Limits of what listens."""

from __future__ import annotations

from lakebed.config.units import MIB

RECEIVE_BODY_SECONDS = 60.0
"""A body takes no longer: one of the largest comes at 2 Mbit/s in that time, and a client that drips holds a place."""

RECEIVE_HEADER_SECONDS = 15.0
"""From a connection, or the answer before, to the end of a request's head. Clients that keep a connection come back
sooner or make another."""

RECEIVE_RATIO_FREE_BYTES = MIB
"""So much may come out of any gzip body; beyond it no more than `OPENING_RATIO_MAX` times what was sent."""

RECEIVE_INLINE_BYTES = 256 * 1024
"""A larger body is cut into lines in a thread: it takes more than some milliseconds, in which all others would wait."""

RECEIVE_PUTS = 8
"""Raw objects that are written at once; each takes 10 to 100 ms, and those of one source can overlap."""

RECEIVE_PUT_ATTEMPTS = 2
"""Times that a raw object is put, on top of the retries of each request: the client is still there, and asks again."""

RECEIVE_RETRY_AFTER_S = 2
"""What clients that came too soon are told to wait."""

RECEIVE_IDS = 100_000
"""Ids of events that are remembered, so that a retry stores nothing twice; about 300 bytes each."""

RECEIVE_IDS_SECONDS = 900.0
"""For so long. Shippers retry within seconds, then back off to minutes."""

RECEIVE_SYSLOG_IDLE_SECONDS = 3_600.0
"""A connection of syslog that says nothing for longer is closed; senders are often quiet for minutes."""

RECEIVE_SYSLOG_STEP_BYTES = 256 * 1024
"""Of one connection of syslog that wait to be written; beyond that it is read no further."""
