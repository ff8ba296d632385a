"""Limits of the state, and why."""

from __future__ import annotations

STATE_BUSY_S = 30
"""A writer of a SQLite state waits so long for the others before it gives up; their transactions take milliseconds."""

STATE_CONNECT_S = 10
"""Waiting for a PostgreSQL server to take a connection."""

STATE_STATEMENT_S = 60
"""A statement of PostgreSQL that takes longer is ended by the server: the largest counts a million rows in a second."""

STATE_CONNECTIONS = 5
"""Connections that a process keeps to its state; a team's server has a hundred for all processes."""

STATE_CONNECTIONS_MORE = 15
"""And so many more for a moment, before threads wait for each other."""

STATE_ATTEMPTS = 5
"""Times that a transaction is begun again when the database ended it for the sake of another (a deadlock)."""

STATE_ROWS = 500
"""Rows that one statement writes: twelve values each stay far below the limit of SQLite, 32,766 for a statement."""

LEASE_S_MAX = 3600.0
"""Longest lease and longest wait before a retry. A deadline that lies further ahead comes from a clock that was
wrong, and counts as passed."""

LOST_FEW = 2
"""An object whose worker ended without a word so many times may be what ended it: from then on few are handed out
together, so that its neighbours do not share the blame for long."""

LOST_FEW_TOGETHER = 16
"""Objects handed out together then; from the next time on, one alone."""

LOST_MAX = 5
"""Workers that end without a word over an object before it is set aside."""

REQUEST_HOURS_KEPT = 24 * 90
"""Hours for which the numbers of requests are remembered."""
