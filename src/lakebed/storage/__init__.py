"""Object stores behind one small protocol, and wrappers that count, cache, slow down, break and retry."""
