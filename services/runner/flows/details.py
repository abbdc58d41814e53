"""Owns what is kept of a rejected case for the jury: the head of the output, how it differs from the answer. Never decides a verdict.

One of these is made per submission: only the first rejected cases are worth keeping.
"""

from __future__ import annotations

from contest.verdicts import Verdict
from services.runner.builds import readable
from services.runner.flows.differences import side_by_side
from services.runner.inputs import Pair
from services.runner.sandbox.reading import FileReader
from services.runner.sandbox.spool import Spool
from services.runner.threads import hop

KEPT_CASES = 3
HEAD_BYTES = 2 << 10


class Details:
    """Decides for the cases of one submission whether something is kept, and takes it while the output is there.

    ``is_compared``: the answer is an output that others can be held against; else there is no difference to be shown.
    """

    def __init__(self, cases: int = KEPT_CASES, head_bytes: int = HEAD_BYTES, *, is_compared: bool = True) -> None:
        self._left = cases
        self._is_compared = is_compared
        self._head_bytes = head_bytes

    async def of(self, verdict: Verdict, output: Spool, pair: Pair) -> tuple[str, str]:
        """The head of the output, and how it differs from the answer; both empty when nothing is kept."""
        if verdict is Verdict.AC or not self._left:
            return "", ""
        self._left -= 1
        head = readable(output.head(self._head_bytes))
        if not self._is_compared:
            return head, ""
        return head, await hop(side_by_side, output.reader(), FileReader(pair.answer.fd))

    def kept(self, verdict: Verdict, text: str) -> str:
        """A text about a case, if it is kept: of a conversation there is no output to compare."""
        if verdict is Verdict.AC or not self._left:
            return ""
        self._left -= 1
        return text[: self._head_bytes]
