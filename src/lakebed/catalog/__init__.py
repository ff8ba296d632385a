"""Which segments exist: a log of commits and checkpoints in the lake's own bucket."""
