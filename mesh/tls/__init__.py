"""Who a service is on the wire, and whom it believes. TLS 1.3 and client certificates only; contexts that are swapped whole."""

from mesh.tls.context import PeerCertificate, ReloadableContext, peer_certificate
from mesh.tls.credentials import Credentials

__all__ = ["Credentials", "PeerCertificate", "ReloadableContext", "peer_certificate"]
