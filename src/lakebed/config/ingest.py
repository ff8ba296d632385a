"""Limits of indexing, and of opening archives, compressions and formats of libraries."""

from __future__ import annotations

from lakebed.config.units import MIB

INGEST_MEMORY_BYTES = 600 * MIB
"""Most resident memory of one indexing process, whatever the input."""

INGEST_BASE_BYTES = 80 * MIB
"""Of it: interpreter, libraries, connections, catalog."""

INGEST_EARLY_BYTES = 340 * MIB
"""With more resident, a worker ends its segment at the next object's end: finishing one takes up to 90 MB more, and all
workers may do so at once."""

INGEST_URGENT_BYTES = 400 * MIB
"""With more resident, it does so in the middle of an object."""

SEGMENT_BYTES_MIN = 32 * MIB
"""A smaller segment is not ended for memory's sake: then something else holds it."""

INGEST_WORKER_BYTES = 240 * MIB
"""Of it: one worker's segment in memory, the file made from it and the object being read."""

SEGMENT_BYTES = 256 * MIB
"""Uncompressed bytes of source per segment. A cut through an object is avoided by going over it by a quarter."""

COMMIT_SECONDS = 30.0
"""A worker that holds finished objects for longer makes them visible at the next object's end."""

PENDING_OBJECTS_MAX = 5_000
"""Finished objects that a worker holds before it commits them: bounds a commit's size for tiny objects."""

OPENING_LAYERS_MAX = 5
"""Compressions and archives within each other: an archive in an archive, each of them compressed, and one to spare."""

OPENING_MEMBERS_MAX = 1_000_000
"""Members of one object, those of archives within it included: real archives of logs have thousands."""

OPENING_OUTPUT_BYTES_MAX = 1 << 40
"""Most bytes that one object may unfold to, as the engine has it."""

OPENING_RATIO_MAX = 500
"""Most bytes that come out of any layer for a byte of the object, as the engine has it for gzip and zstd."""

OPENING_RATIO_FREE_BYTES = 64 * MIB
"""So much may come out of any object: it hurts nobody."""

OPENING_MEMORY_BYTES = 16 * MIB
"""A format that is read from its end (Parquet) is held in memory up to this size, and in a temporary file beyond it."""

OPENING_FILE_BYTES_MAX = 16 * 1024 * MIB
"""Most that such a temporary file may become; Parquet files of logs are below 1 GB."""

OPENING_RECORD_BYTES_MAX = 16 * MIB
"""Longest event in XML, row, or block of Avro after decompression: none is longer unless made to fill the memory."""

XZ_MEMORY_BYTES = 128 * MIB
"""The highest preset of xz takes 65 MB to read; dictionaries of gigabytes are refused."""
