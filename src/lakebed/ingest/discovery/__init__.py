"""How new source objects are found: notifications from queues, listings, and ranges of the past."""
