"""Owns the table of the gitserver's metrics. Never counts: the places of action do."""

from __future__ import annotations

from typing import Final

from mesh.metrics import MetricSpec

METRICS: Final[tuple[MetricSpec, ...]] = (
    MetricSpec("packages_total", "counter", "Packages brought, by way (upload, push) and outcome (accepted, unchanged, refused)", ("way", "outcome")),
    MetricSpec("check_seconds", "histogram", "How long it took from the last byte of a package to its acceptance or refusal", ("way",)),
    MetricSpec("fetches_total", "counter", "Clones and fetches served to git clients"),
    MetricSpec("blob_bytes_total", "counter", "Bytes of test cases and checkers handed to graders"),
    MetricSpec("unannounced_problems", "gauge", "Accepted problems that the command queue has not taken yet"),
)
