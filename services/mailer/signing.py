"""Owns the signature of a webhook call. Source: Standard Webhooks 1.0.0, https://www.standardwebhooks.com, symmetric scheme ``v1``."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

_PREFIX: Final = "whsec_"


def headers_of(secret: str, delivery: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers that go with a body; ``at_s`` is the time of this try in seconds since the epoch, the id that of every try.

    Raises: ValueError for a secret that is none.
    """
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    signed = b".".join((delivery.encode(), str(at_s).encode(), body))
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {"webhook-id": delivery, "webhook-timestamp": str(at_s), "webhook-signature": f"v1,{signature}"}
