"""Limits with their reasons, and what is read from the environment.

Every number that bounds a loop, a queue, a buffer or a retry of the lake layer is here, so that it can be found. Those
of discovery and of the runner are in their packages' `limits.py`.
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

STATE_KEPT_S = 6 * 3600
"""A handle that has followed the commits for so long opens the lake anew: what it asks for beside its old checkpoint is
garbage after SUPERSEDED_GRACE_S, four times as long."""

ADDRESS_PACK_BYTES = 16 * MIB
"""Addresses are read from their pack in whole pieces of at most this size."""

REDIRECTS_KEPT = 10_000
"""Merged segments that source records may still point to without more ado; about 15 bytes each in a checkpoint's file
that writers read."""

RECORDS_PER_REDIRECT = 16
"""With more of those than one for so many source records, all records are written anew: some 25 µs for a redirect."""

DELETION_FILTER_BYTES_MAX = 64 * 1024
"""A deletion's filter as a plan: every search over older segments has it in its own until it is carried out."""

DELETIONS_PENDING_MAX = 100
"""Deletions that some segment may still hold events of; each is a condition of every search over such segments."""

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

PULL_PLACE_MAX = 16_384
"""Characters of a cursor or a link to the next page; they are kept in the state. Real ones have hundreds."""

PULL_TAKEOVER_S = 60.0
"""A source that another runner polls is looked at again after this, or its interval if that is shorter."""

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

PULL_INTERRUPT_S = 5.0
"""What a poll in hand gets to end after an interrupt; killing it loses nothing."""

PULL_SINCE_S = 7 * 86_400
"""How far back a source begins when it is not told: a week, as Okta does by itself."""

PULL_REREAD_S = 600
"""Events that a service shows late are found within so long: the end of what was read is read again."""

# -- maintenance ------------------------------------------------------------------------------------------------------
MERGE_FULL_BYTES = SEGMENT_BYTES // 2
"""Bytes of source from which on a segment is never merged again: writing it once more would save half a segment."""

MERGE_FAN_IN = 32
"""Segments that become one: three generations make one of 32,768, and a byte is written four times in all."""

MERGE_GENERATIONS = 3
"""Merges that a byte goes through at most; with the first write it is written four times."""

MERGE_BACKLOG = 2 * MERGE_FAN_IN
"""Segments far apart in event time that may wait: of twice the fan-in, the nearest ones are half as far apart."""

MERGE_HEAP = 1024
"""Scattered segments of one kind that may wait for their neighbours at most: a backfill in no order brings thousands
within hours, and merged at once each result would span all of it."""

MERGE_SETTLED_FAN_IN = 8
"""Segments that become one when nothing came near them for a day: three generations make one of 512."""

MERGE_INPUTS_MAX = 1024
"""Most segments that one merge reads: each is a few requests, and its objects are listed in the new one."""

MERGE_CONSIDERED_MAX = 4096
"""Small segments of one kind that the policy looks at in one round, some 0.3 s; the next round goes on."""

MERGE_WHOLE_BYTES = 2 * MIB
"""A segment up to this size is read in one request when it is merged."""

MERGE_AHEAD = 8
"""So many such segments are on their way at once while one is worked off: 16 MB at most."""

MERGE_PASSES_MAX = 8
"""Times that a round looks for merges: each makes one of many, so that a lake of any size is done after a few."""

MAINTENANCE_RETRY_WAIT_S = 30.0
"""How long segments are left alone whose merge failed or that another process merges."""

MAINTENANCE_DAMAGED_WAIT_S = 3600.0
"""The same when a segment is damaged, or too much for one: trying again costs reading it, and fails again."""

MAINTENANCE_LEASE_S = 600.0
"""How long a lease on the merges of an index is kept by a process that died; one merge takes a minute at most."""

GARBAGE_EVERY_S = 3600
"""Between two looks for files that nothing names: a listing of all segments and of the catalog."""

GARBAGE_CREDIT_S = 12 * 3600
"""Most that one look makes a file older, whatever the clock says: a lake that is looked after once a day still loses
its garbage within days, and a clock that jumps deletes nothing of today."""

REMOVED_GRACE_S = 86_400
"""How long the file of a segment stays that was merged, rewritten or expired: a search may hold the state before."""

ORPHAN_GRACE_S = 3 * 86_400
"""How long a segment's file stays that no commit names: a writer commits it when the object that it is part of ends,
and the largest objects take most of a day."""

SUPERSEDED_GRACE_S = 86_400
"""How long files of checkpoints stay that newer ones replaced; a process that has them in use opens the lake anew
before (STATE_KEPT_S)."""

HISTORY_S = 30 * 86_400
"""How long commits stay after a checkpoint has their content: for `lakebed catalog history`, and for incidents."""

GARBAGE_MARKS_MAX = 500_000
"""Files that are remembered as named by nothing; more wait for the next look. Some 40 MB of memory."""

TEMPORARY_GRACE_S = 86_400
"""How long a file that a killed writer left half-written in a folder stays."""
# -- configuration ----------------------------------------------------------------------------------------------------
CONFIG_BYTES_MAX = MIB
"""Of a lakebed.toml: a thousand sources take a quarter of it."""

CONFIG_PROBLEMS_SHOWN = 50
"""What is wrong with a file is listed up to here; the rest mostly follows from it."""

CONFIG_NAME_SHOWN = 40
"""Characters of a key that an error repeats."""

CONFIG_SOURCES_MAX = 1_000
"""Sources of one file: each is compiled when it is read, and has threads and metrics of its own."""

# -- receive --------------------------------------------------------------------------------------------------------
RECEIVE_BODY_SECONDS = 60.0
"""A body takes no longer: one of the largest comes at 2 Mbit/s in that time, and a client that drips holds a place."""

RECEIVE_HEADER_SECONDS = 15.0
"""From a connection, or the answer before, to the end of a request's head. Clients that keep a connection come back
sooner or make another."""

RECEIVE_RATIO_FREE_BYTES = MIB
"""So much may come out of any gzip body; beyond it no more than `OPENING_RATIO_MAX` times what was sent."""

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
