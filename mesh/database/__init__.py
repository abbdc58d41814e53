"""How a service reaches the record: tables from plain rows, engines for reading and writing, one error when it is away.

Never knows what a table means: `wire.record` does. Never writes of its own accord.
"""

from mesh.database.access import reading, snapshot, writing
from mesh.database.engines import make_folder, read_engine, write_engine
from mesh.database.tables import metadata_of
from mesh.database.writer import Writer, open_writer

__all__ = ["Writer", "make_folder", "metadata_of", "open_writer", "read_engine", "reading", "snapshot", "write_engine", "writing"]
