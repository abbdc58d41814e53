"""Owns the failures of the sandbox. Never a program's own failure: that is an `Execution`.

    MeshError
    ├── SandboxMissing   503  sandbox-missing   this machine lacks something: the message names it and the remedy
    └── BoxLost          503  box-lost          a box broke or was killed: take another one
"""

from __future__ import annotations

from mesh.errors import Unavailable


class SandboxMissing(Unavailable):
    """This machine cannot run untrusted code safely; the message names what is missing and how to get it."""

    default_code = "sandbox-missing"
    is_retryable = False


class BoxLost(Unavailable):
    """A box did not start, broke, or was killed; nothing that ran in it may be believed."""

    default_code = "box-lost"
