"""Limits of merging, retention and garbage."""

from __future__ import annotations

from lakebed.config.ingest import SEGMENT_BYTES
from lakebed.config.units import MIB

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

GARBAGE_COMMITS_READ_MAX = 50_000
"""Commits that a look reads at most to know what they removed: seven hours of two a second, some minutes. After more
everything that nothing names counts as found now."""

GARBAGE_MARKS_MAX = 500_000
"""Files that are remembered as named by nothing; more wait for the next look. Some 40 MB of memory."""

RAW_DELETED_MAX = 20_000
"""Raw objects of one source that a round deletes at most, a minute at 20 ms each; the next round goes on."""

TEMPORARY_GRACE_S = 86_400
"""How long a file that a killed writer left half-written in a folder stays."""
