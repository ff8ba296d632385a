"""Limits with their reasons, and what is read from the environment.

Every number that bounds a loop, a queue, a buffer or a retry of the lake layer is here, so that it can be found.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MIB = 1024 * 1024

DEFAULT_LAKE = "./lake"

# -- storage --------------------------------------------------------------------------------------------------------
STREAM_CHUNK_BYTES = MIB // 4
"""Source objects are read in pieces of this size: a call per piece costs nothing, and a piece of a compression bomb
unpacks to 256 MB at most (deflate reaches 1032 : 1)."""

REQUEST_TIMEOUT_S = 60
"""One request to an object store, body included. A stalled connection must not hang an indexer for ever."""

STORE_RETRIES = 5
"""Attempts after the first for reads and idempotent writes; with doubling waits from 0.1 s about 3 s in all."""

STORE_BACKOFF_S = 0.1
"""First wait between attempts; doubles each time, with jitter."""

PARALLEL_RANGES = 10
"""Range reads of one round that obstore has in flight at once."""

RANGE_CACHE_BYTES = 64 * MIB
"""Ranges kept per lake handle for remote stores: hot indexes of some thousand segments."""

CACHED_RANGE_BYTES_MAX = 2 * MIB
"""Larger ranges are scans; keeping them would push out the indexes that make the next search cheap."""

# -- catalog --------------------------------------------------------------------------------------------------------
CHECKPOINT_COMMITS = 32
"""A reader replays at most about so many commits; more in a large lake, where a checkpoint costs more to write."""

CHECKPOINT_SEGMENTS_PER_COMMIT = 1000
"""A lake of n segments checkpoints every n / this many commits: a checkpoint rewrites about 60 bytes per segment."""

COMMIT_ATTEMPTS = 200
"""Lost races before a commit gives up. Each loss means that another writer won, so the lake moves on meanwhile."""

COMMIT_BACKOFF_S = 0.005
"""Most that a writer waits after its first lost race; grows with the number of losses up to 100 times."""

FULL_REFRESH_S = 600
"""A handle older than this lists the catalog instead of asking for the next commit only: old commits may be gone."""

ADDRESS_PACK_BYTES = 16 * MIB
"""Addresses are read from their pack in whole pieces of at most this size."""

FLAWED_OBJECTS_KEPT = 10_000
"""Objects with damage or flaws that a checkpoint remembers, the damaged and the newest before others; some 100 bytes
each, which everyone reads who opens the lake. The commits hold all."""

# -- ingest ---------------------------------------------------------------------------------------------------------
INGEST_MEMORY_BYTES = 600 * MIB
"""Most resident memory of one indexing process, whatever the input."""

INGEST_BASE_BYTES = 80 * MIB
"""Of it: interpreter, libraries, connections, catalog."""

INGEST_EARLY_BYTES = 340 * MIB
"""With more resident, a worker ends its segment at the next object's end: finishing one takes up to 90 MB more, and all
workers may do so at once."""

INGEST_URGENT_BYTES = 400 * MIB
"""With more resident, it does so in the middle of an object."""

SEGMENT_BYTES_MIN = 32 * MIB
"""A smaller segment is not ended for memory's sake: then something else holds it."""

INGEST_WORKER_BYTES = 240 * MIB
"""Of it: one worker's segment in memory, the file made from it and the object being read."""

SEGMENT_BYTES = 256 * MIB
"""Uncompressed bytes of source per segment. A cut through an object is avoided by going over it by a quarter."""

COMMIT_SECONDS = 30.0
"""A worker that holds finished objects for longer makes them visible at the next object's end."""

PENDING_OBJECTS_MAX = 5_000
"""Finished objects that a worker holds before it commits them: bounds a commit's size for tiny objects."""

# -- opening of archives, compressions and formats of libraries -------------------------------------------------------
OPENING_LAYERS_MAX = 5
"""Compressions and archives within each other: an archive in an archive, each of them compressed, and one to spare."""

OPENING_MEMBERS_MAX = 1_000_000
"""Members of one object, those of archives within it included: real archives of logs have thousands."""

OPENING_OUTPUT_BYTES_MAX = 1 << 40
"""Most bytes that one object may unfold to, as the engine has it."""

OPENING_RATIO_MAX = 500
"""Most bytes that come out of any layer for a byte of the object, as the engine has it for gzip and zstd."""

OPENING_RATIO_FREE_BYTES = 64 * MIB
"""So much may come out of any object: it hurts nobody."""

OPENING_MEMORY_BYTES = 16 * MIB
"""A format that is read from its end (Parquet) is held in memory up to this size, and in a temporary file beyond it."""

OPENING_FILE_BYTES_MAX = 16 * 1024 * MIB
"""Most that such a temporary file may become; Parquet files of logs are below 1 GB."""

OPENING_RECORD_BYTES_MAX = 16 * MIB
"""Longest event in XML, row, or block of Avro after decompression: none is longer unless made to fill the memory."""

XZ_MEMORY_BYTES = 128 * MIB
"""The highest preset of xz takes 65 MB to read; dictionaries of gigabytes are refused."""

# -- discovery ------------------------------------------------------------------------------------------------------
NOTIFICATION_BYTES_MAX = MIB
"""Largest message of a queue; SQS takes no larger ones."""

OBJECT_KEY_CHARACTERS_MAX = 8_192
"""Longest key in a notification: S3 has 1,024 bytes, each of which may be written as three characters."""

SQS_MESSAGES = 10
"""Messages of one request: all that SQS gives."""

SQS_WAIT_S = 5
"""Longest wait of one request for messages. SQS allows 20; a stop has to wait for it, and it costs 0.20 USD a month."""

SQS_VISIBILITY_S = 60
"""For so long a message is nobody else's; it is extended while its objects are worked on. After a crash they wait so
long."""

SQS_TIMEOUT_S = 20
"""One request to the queue, its wait included."""

SQS_CONNECT_S = 5
"""A connection to it; both ends are usually in one region."""

SQS_ATTEMPTS = 3
"""Of one request, the first included; the runner goes on after longer waits."""

SQS_CONNECTIONS = 10
"""Requests to one queue at once: pollers, and threads that acknowledge."""

SQS_VISIBILITY_MAX_S = 12 * 3600
"""SQS allows no longer."""

WHOLE_LISTING_S = 3600.0
"""A place whose keys have dates is listed as a whole so often at most: a thousand requests (0.005 USD) for a million
objects."""

WHOLE_LISTING_S_PER_PAGE = 3.0
"""And not more often than its size allows: ten million objects every 8 hours, 15 USD a month."""

LISTED_DAYS = 2
"""In between, the keys of so many days before the newest are listed: services write late."""

STEMS_MAX = 2_000
"""Prefixes before dates that are listed one by one; with more a whole listing is hardly dearer. 100 bytes each in the
state."""

LISTED_OBJECTS_KEPT = 500_000
"""Objects that a lister remembers to have looked up, 60 bytes each."""

SETTLE_S = 2.0
"""A file that was changed so shortly ago may be in the middle of being written."""

SETTLE_S_MAX = 300.0
"""A file that never rests for so long is taken as it is then, and again when it has grown."""

UNSETTLED_MAX = 10_000
"""Files that are waited for, by name."""

LIST_TOLD_EVERY = 10_000
"""Objects between two words of how far a listing is."""

BACKFILL_PIECES_MAX = 200_000
"""Days and prefixes of one backfill: 500 prefixes over a year; 300 bytes each."""

BACKFILL_SORTED_MAX = 200_000
"""Objects that are put in order of their times, 300 bytes each."""

RECEIVES_SPARE = 5
"""A message that came so many times more often than an object may fail, and never got an answer, is not read again: its
objects go to the table of work, which finds out what ends the process."""

# -- runner ---------------------------------------------------------------------------------------------------------
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

LOGGED_TEXT_MAX = 500
"""Characters of one text in a line of the log."""

BACKFILL_TOGETHER = 100
"""Objects that a backfill offers at once; also the grain of its rate."""

BACKFILL_AHEAD_MAX = 5_000
"""Objects of one source that wait before its backfill waits too."""

BACKFILL_QUIET_S = 3.0
"""When nothing was in hand for so long, a backfill's own worker is done; what waits for another try is told."""

# -- usage ----------------------------------------------------------------------------------------------------------
REASON_CHARS_MAX = 2_000
"""Of the reason why an object failed: an error's text, not a dump."""

QUERY_RECORDS_EVERY_S = 60.0
"""Records of searches are written together after so long: a segment and a commit a minute, not one for each search."""

QUERY_RECORDS_WAITING_MAX = 10_000
"""Records that wait while the lake cannot be written; a kilobyte each. Older ones are dropped, and counted."""

# -- pulling from services --------------------------------------------------------------------------------------------
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

# -- configuration ----------------------------------------------------------------------------------------------------
CONFIG_BYTES_MAX = MIB
"""Of a lakebed.toml: a thousand sources take a quarter of it."""

CONFIG_PROBLEMS_SHOWN = 50
"""What is wrong with a file is listed up to here; the rest mostly follows from it."""

CONFIG_NAME_SHOWN = 40
"""Characters of a key that an error repeats."""

CONFIG_SOURCES_MAX = 1_000
"""Sources of one file: each is compiled when it is read, and has threads and metrics of its own."""

# -- search ---------------------------------------------------------------------------------------------------------
READERS_KEPT = 2_000
"""Segment readers kept open per lake handle."""

READER_CACHE_BYTES = 128 * MIB
"""What those readers may hold together: schemas and directories."""

WAITING_ROWS_BYTES = 8 * MIB
"""Rows that wait for those of other segments before reading ahead stops; the order may need more. Two parts of a
segment: enough that no core waits while rows are written."""

REMOTE_PARALLELISM = 32
"""Leaf tasks at once over a distant store: they mostly wait for it."""

READ_BUDGET_BYTES = 64 * MIB
"""What all tasks over a distant store have read and not yet worked off: bounds the memory of a search."""

SPLIT_SEGMENT_BYTES = 4 * MIB
"""A segment smaller than this is never split between cores: the second reader would cost more than it saves."""


def lake_url(environment: Mapping[str, str] | None = None) -> str:
    """The lake to use when none is named: `LAKEBED_LAKE`, else `./lake`."""
    found = (os.environ if environment is None else environment).get("LAKEBED_LAKE", "")
    return found or DEFAULT_LAKE


def cpu_count() -> int:
    """Cores that this process may use; `LAKEBED_THREADS` overrides it."""
    asked = os.environ.get("LAKEBED_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
