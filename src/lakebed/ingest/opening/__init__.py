"""Source objects that a library has to open: compressions, archives and formats that the engine does not read itself.

`front` is the way in, for indexing and for `lakebed grep`. Nothing here is imported for an object whose first bytes do
not ask for it.
"""
