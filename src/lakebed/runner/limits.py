"""Limits of the runner with their reasons."""

from __future__ import annotations

from lakebed.config import MIB

RUNNER_TICK_S = 0.25
"""How soon a thread of the runner notices that it is to stop."""

JOBS_MAX = 8_000
"""Objects that a runner has in hand, from the moment it has taken them until they are answered: 2 kB each."""

JOBS_PER_SOURCE_MIN = 200
"""Of each source at least so many, however many sources there are."""

FETCHERS = 8
"""Objects that are fetched at once: a store that answers after 50 ms then gives 160 of them in a second."""

FETCH_BYTES_MAX = 8 * MIB
"""Larger objects are not fetched ahead: their worker reads them piece by piece."""

FETCHED_BYTES_MAX = 48 * MIB
"""What is fetched and not yet indexed; part of the memory that indexing keeps to."""

FETCH_ATTEMPTS = 4
"""Looks at an object that fails or changes while it is read, before its road gets the answer."""

BATCH_OBJECTS_MAX = 1_000
"""Objects of one batch; with more, the first would wait too long for the last."""

COMMIT_OBJECTS_MAX = 5_000
"""Objects of one commit: bounds its size."""

COMMITS_WAITING_MAX = 64
"""Batches that wait for the commit before theirs; then workers wait."""

PART_RETRY_S = 1.0
"""First wait after a part of the runner failed (the lake, a source, a queue); doubles with each failure in a row."""

PART_RETRY_S_MAX = 60.0
"""Longest such wait: so long after its end an outage is still felt."""

CLAIM_OBJECTS = 500
"""Objects of one claim from the table of work."""

CLAIM_LEASE_S = 120.0
"""For so long a claimed object is nobody else's; prolonged while it is worked on. After a crash it waits so long."""

CLAIM_EVERY_S = 1.0
"""How often the table of work is asked when it had nothing."""

KEEP_EVERY_S = 15.0
"""How often leases and messages are prolonged: some times before they end, so that one may fail."""

ANSWER_EVERY_S = 0.2
"""How often a queue is told what is done: ten messages go into one request."""

ANSWERS_TOGETHER = 200
"""With so many answers the table is told at once."""

LAST_ANSWERS_TRIES = 3
"""Attempts to pass on the last answers before the process ends; without them the work is done again."""

LAST_ANSWERS_S = 2.0
"""They get at least so long, however short a stop is to be."""

STOP_SHARE_S = 6.0
"""Of a long stop so much is for ending work in the middle, handing back and telling."""

OBJECT_RETRY_S = 5.0
"""First wait before an object that failed is tried again; doubles each time."""

OBJECT_RETRY_S_MAX = 600.0
"""Longest such wait."""

UNREACHABLE_TRIES = 100
"""An object whose store fails is tried for 16 hours before it is set aside: an outage is not its fault."""

LISTERS = 2
"""Sources that one runner lists at once: they mostly wait for stores."""

LISTING_LEASE_S = 120.0
"""So long nobody else lists a source after its lister has died."""

OFFERED_TOGETHER = 500
"""Objects that a lister offers to the table of work at once."""

LISTED_AHEAD_MAX = 20_000
"""Objects of one source that wait in the table before its listing waits too."""

QUEUE_POLLERS = 2
"""Threads that receive from one queue: one waits while the other brings what came."""

REQUESTS_LOGGED_EVERY_S = 60.0
"""How often the requests that were made are added to the state."""

BACKFILL_TOGETHER = 100
"""Objects that a backfill offers at once; also the grain of its rate."""

BACKFILL_AHEAD_MAX = 5_000
"""Objects of one source that wait before its backfill waits too."""

BACKFILL_QUIET_S = 3.0
"""When nothing was in hand for so long, a backfill's own worker is done; what waits for another try is told."""

MAINTENANCE_EVERY_S = 10.0
"""Between rounds of maintenance: at two commits a second 20 new segments; a round with nothing to do takes milliseconds
and one request."""
