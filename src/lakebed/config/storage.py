"""Limits of stores and of the catalog."""

from __future__ import annotations

from lakebed.config.units import MIB

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

CHECKPOINT_COMMITS = 32
"""A reader replays at most about so many commits; more in a large lake, where a checkpoint costs more to write."""

CHECKPOINT_SEGMENTS_PER_COMMIT = 1000
"""A lake of n segments checkpoints every n / this many commits: a checkpoint rewrites about 60 bytes per segment."""

COMMIT_ATTEMPTS = 200
"""Lost races before a commit gives up. Each loss means that another writer won, so the lake moves on meanwhile."""

COMMITS_FOLLOWED = 200
"""Commits of others that a handle reads one by one before it opens the lake anew from a checkpoint."""

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
