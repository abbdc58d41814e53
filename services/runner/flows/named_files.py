"""Owns the files that a submission may use in place of its streams: its input under a name, the output that it writes. Never judges one.

The input is its stdin all the same, and stdout is its output when it makes no such file: who uses the streams is judged by them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from services.runner.sandbox.box import Box
from services.runner.sandbox.execution import Execution, KilledBy
from services.runner.sandbox.rootfs import WORK
from services.runner.sandbox.spool import Spool


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """The names, in the program's own folder; empty: that one is a stream alone."""

    input: str = ""
    output: str = ""

    async def lay(self, box: Box, question: int) -> None:
        """Puts the input into the box, which costs a copy of it. Raises: `BoxLost`."""
        if self.input:
            await box.put(f"{WORK}/{self.input}", question)

    async def taken(self, box: Box, execution: Execution) -> Execution:
        """The execution with what it wrote into its file as its output. The output before is closed. Raises: `BoxLost`."""
        if not self.output or execution.verdict is not None or box.is_dead:
            return execution
        most = execution.limits.output_bytes
        try:
            fetched = await box.get(f"{WORK}/{self.output}", most)
        except BaseException:
            execution.output.close()
            raise
        if fetched is None:
            return execution
        execution.output.close()
        spool = Spool()
        spool.write(fetched.content)
        is_over = fetched.full_bytes > most
        return dataclasses.replace(execution, output=spool, killed_by=KilledBy.OUTPUT if is_over else execution.killed_by)
