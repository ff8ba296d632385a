"""From source objects to committed segments: discover, read, build, write, commit."""
