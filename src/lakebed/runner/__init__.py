"""The process that runs by itself: discovers objects, indexes them, commits, acknowledges; several share the work."""
