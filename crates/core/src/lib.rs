//! The Lakebed engine: bytes in, bytes out. No I/O, no clock, no threads, no Python.
