"""Redis as the mesh uses it: where it is, who is its master now, and one bounded line to it. Cache and topics lie on top."""

from mesh.redis.address import Server, server_at
from mesh.redis.connection import MeshConnection
from mesh.redis.line import Line, Script

__all__ = ["Line", "MeshConnection", "Script", "Server", "server_at"]
