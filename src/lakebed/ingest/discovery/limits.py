"""Limits of discovery with their reasons."""

from __future__ import annotations

from lakebed.config import MIB

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
