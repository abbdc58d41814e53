"""Calls between services: mutual TLS, a table of methods, deadlines that travel, retries, circuits, drain."""

from mesh.rpc.client import Peer, Peers
from mesh.rpc.contract import Call, Download
from mesh.rpc.server import RpcServer

__all__ = ["Call", "Download", "Peer", "Peers", "RpcServer"]
