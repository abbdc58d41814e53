"""Owns what a push asks for and what it is told: commands, policy, report, findings in words. Does no I/O of its own.

Source: git's gitprotocol-pack(5), "Reference Update Request and Packfile Transfer" and "Report Status".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mesh.errors import Refused
from services.gitserver.findings import ERROR, Report
from services.gitserver.pktlines import FLUSH, RequestBody, pkt_line
from services.gitserver.repository import MAIN, NOTHING

CAPABILITIES: Final = "report-status side-band-64k delete-refs ofs-delta object-format=sha1 agent=palestra"
"""What we offer a pushing client: no atomic sets, no options; deletion only to say no to it with a reason."""

MOST_COMMANDS: Final = 1_000
_COMMAND = re.compile(r"([0-9a-f]{40}) ([0-9a-f]{40}) (refs/[^\0\n ]{1,500})")


@dataclass(frozen=True, slots=True)
class RefCommand:
    """One ref that the client wants moved; `NOTHING` as ``old`` makes it, as ``new`` removes it."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What comes before the pack. No commands: git only probes whether it may push."""

    commands: tuple[RefCommand, ...]
    capabilities: frozenset[str]

    @property
    def brings_pack(self) -> bool:
        """Whether a pack follows: not when everything is removed."""
        return any(command.new != NOTHING for command in self.commands)

    @property
    def main(self) -> RefCommand | None:
        """The command for main, if it is there and keeps the rules."""
        return next((command for command in self.commands if command.ref == MAIN and not against_policy(command)), None)


async def read_push(body: RequestBody) -> PushRequest:
    """The commands of a push. Raises: `Refused` (``bad-pkt-line``, ``shallow-push``)."""
    commands: list[RefCommand] = []
    capabilities: frozenset[str] = frozenset()
    while (line := await body.line()) is not None:
        text, _, offered = line.decode(errors="replace").rstrip("\n").partition("\0")
        if offered:
            capabilities = frozenset(offered.split())
        if text.startswith("shallow "):
            raise Refused("a shallow clone cannot be pushed from: run git fetch --unshallow first", code="shallow-push")
        found = _COMMAND.fullmatch(text)
        if found is None or len(commands) >= MOST_COMMANDS:
            raise Refused("this is not a push that git makes", code="bad-pkt-line")
        commands.append(RefCommand(found.group(3), found.group(1), found.group(2)))
    return PushRequest(tuple(commands), capabilities)


def against_policy(command: RefCommand) -> str:
    """Why a ref may not be moved at all, empty when it may."""
    if command.ref != MAIN:
        return "only refs/heads/main may be pushed: git push origin HEAD:main"
    if command.new == NOTHING:
        return "main may not be deleted"
    return ""


def report_status(unpacked: str, refusals: Mapping[str, str]) -> bytes:
    """What git reads: whether the pack was sound (empty: yes), and what became of each ref (empty: moved)."""
    lines = [f"unpack {unpacked or 'ok'}\n"]
    lines += [f"ng {ref} {reason}\n" if reason else f"ok {ref}\n" for ref, reason in refusals.items()]
    return b"".join(pkt_line(line.replace("\r", " ").encode()) for line in lines) + FLUSH


def findings_in_words(report: Report) -> str:
    """Every finding, as it stands in the terminal of whoever pushed; empty when there are none."""
    found = report.findings()
    if not found:
        return ""
    lines = ["", f"palestra: {'this is not a valid problem' if report.is_refused else 'accepted, and to be looked at'}:"]
    for finding in found:
        mark = "error  " if finding.severity == ERROR else "warning"
        lines += [f"  {mark} {finding.code}  {_plain(finding.path) or '(package)'}", f"          {_plain(finding.message)}"]
    if report.is_refused:
        lines += [f"palestra: {report.counts()}; docs/packages.md explains every code. Nothing has changed."]
    return "\n".join([*lines, ""])


def _plain(text: str) -> str:
    """Text that cannot play with a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
