"""Limits of asking services for their events."""

from __future__ import annotations

from lakebed.config.units import MIB

PULL_CONNECT_TIMEOUT_S = 10
"""To reach a service; one that is further away is down."""

PULL_READ_TIMEOUT_S = 60
"""Longest silence within an answer: Okta itself gives up after 30 s."""

PULL_ANSWER_S_MAX = 300
"""Longest time for one answer in all: a service that drips must not hold a source for ever."""

PULL_BODY_BYTES_MAX = 64 * MIB
"""One page of a service, unpacked. Pages have 100 to 1,000 events of some kB."""

PULL_ERROR_BODY_BYTES = 4096
"""Of a refusal, what is read to tell its reason."""

PULL_RETRIES = 3
"""Attempts after the first within one poll; the scheduler tries again later, and waits longer each time."""

PULL_BACKOFF_S = 0.5
"""First wait between attempts of one request; doubles each time, with jitter."""

PULL_WAIT_IN_POLL_S = 5.0
"""A longer wait that a service asks for ends the poll: nothing is held meanwhile."""

PULL_WAIT_S_MAX = 3600.0
"""A service that asks for more is asked again after this: GitHub and Okta count by the hour at most."""

PULL_REDIRECTS_MAX = 3
"""Redirects followed, all of them on the same host: a canonical path, a slash at the end."""

PULL_PAGES = 20
"""Pages of one poll, which become one raw object: an object of 100 events for each page would be many small ones."""

PULL_BYTES = 8 * MIB
"""A poll that has so much ends earlier: bounds the memory of a poll, together with the largest page."""

PULL_SEEN_MAX = 10_000
"""Events remembered by their id for each source; 16 bytes each, written with every change of the cursor. A window
that holds more is read again from the oldest that is remembered."""

PULL_SEEN_RECENT = 1_000
"""Of them, the last ones taken are kept whatever their time: pages of a list that grows show the last ones again."""

PULL_VISITED_MAX = 64
"""Pages remembered to notice that a service leads round in a circle."""

PULL_EVERY_S = 30.0
"""Between two polls of a source that has nothing new. GitHub allows 1,750 requests an hour."""

PULL_AGAIN_S = 1.0
"""Before a source is asked again that said there was more, but gave nothing new; doubles up to its interval."""

PULL_FAILURE_WAIT_S = 5.0
"""After the first failure of a source; doubles up to the longest."""

PULL_FAILURE_WAIT_S_MAX = 900.0
"""Longest wait after failures: a service that is back is found within a quarter of an hour."""

PULL_LEASE_S = 120.0
"""A runner that does not ask again for so long has lost its source to another. Losing it early harms nothing."""

PULL_STOP_CHECK_S = 1.0
"""Most that a stopping runner waits for a source that waits."""

PULL_SINCE_S = 7 * 86_400
"""How far back a source begins when it is not told: a week, as Okta does by itself."""

PULL_REREAD_S = 600
"""Events that a service shows late are found within so long: the end of what was read is read again."""

PULL_INTERRUPT_S = 5.0
"""What a poll in hand gets to end after an interrupt; killing it loses nothing."""
