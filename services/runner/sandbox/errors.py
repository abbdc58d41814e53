"""Owns the failures of the sandbox. Never a program's own failure: that is an `Execution`.

    MeshError
    ├── SandboxMissing   503  sandbox-missing   this machine lacks something: the message names it and the remedy
    └── BoxLost          503  box-lost          a box broke or was killed: take another one
        ├── BoxSlow      503  box-lost          a box gave no sign for long: the machine is loaded, or bubblewrap hangs
        └── NoBoxes      503  no-boxes          none starts at the moment: nothing can be judged here, whoever's program it is
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


class BoxSlow(BoxLost):
    """A box that was being started gave no sign for long."""


class NoBoxes(BoxLost):
    """No box starts here at the moment, whatever is to run in it."""

    default_code = "no-boxes"
