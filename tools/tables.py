"""Writes the generated pages of docs/reference/: configuration, methods, queues, metrics, tables of the record, languages; and compose/rabbitmq/."""

from __future__ import annotations

from pathlib import Path

from mesh.config import rows
from mesh.metrics import MESH_METRICS, MetricSpec, full_name
from mesh.settings import MeshConfig
from services.targets import TARGETS
from tools import definitions
from tools.codes import found
from tools.languages import languages_page
from wire.methods import METHODS
from wire.queues import QUEUES
from wire.record import TABLES

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTE = "\nMade by `make docs`; a test compares it with the code.\n"


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    return {
        FOLDER / "configuration.md": configuration_page(),
        FOLDER / "methods.md": methods_page(),
        FOLDER / "queues.md": queues_page(),
        FOLDER / "metrics.md": metrics_page(),
        FOLDER / "record.md": record_page(),
        FOLDER / "errors.md": errors_page(),
        FOLDER / "languages.md": languages_page(table, NOTE),
    }


def table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    out = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    out += ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join(out) + "\n"


def configuration_page() -> str:
    """Every setting of every section."""
    text = "# Configuration\n" + NOTE
    text += "\nDefaults, then the TOML file given with `--config`, then the environment. `palestra check-config` says what is wrong.\n"
    sections = {"mesh": MeshConfig} | {name: target.config() for name, target in TARGETS.items()}
    for section, kind in sections.items():
        lines = [(f"`{row.name}`", f"`{row.env}`", row.kind, f"`{row.default}`" if row.default else "", row.text) for row in rows(section, kind)]
        text += f"\n## [{section}]\n\n" + table(("setting", "environment", "kind", "default", "meaning"), lines)
    return text


def methods_page() -> str:
    """Every call between services."""
    lines = [
        (f"`{method.name}`", method.shape.value, ", ".join(sorted(method.callers)), "yes" if method.is_idempotent else "no", f"{method.timeout_s:g}")
        for method in METHODS
    ]
    text = "# Methods\n" + NOTE + "\nWho may call what. Everything else is 403 `caller-not-allowed`.\n\n"
    return text + table(("method", "shape", "callers", "retried", "time limit, s"), lines)


def queues_page() -> str:
    """Every durable queue."""
    lines = [
        (
            f"`{queue.name}`", f"`{queue.message.__name__}`", ", ".join(sorted(queue.publishers)), ", ".join(sorted(queue.consumers)),
            str(queue.prefetch), str(queue.max_tries), ", ".join(map(str, queue.backoff_s)),
            str(queue.ttl_s or "none"), str(queue.max_length),
            str(queue.rate_per_minute or "none"), "yes" if queue.is_single_active else "no", f"`{queue.exchange}`" if queue.exchange else "",
        )
        for queue in QUEUES
    ]  # fmt: skip
    head = ("queue", "message", "publishers", "consumers", "prefetch", "tries", "back-off, s", "life, s", "length", "rate a minute", "single active", "also at")
    return "# Queues\n" + NOTE + "\nEach has a dead-letter queue `NAME.dead`.\n\n" + table(head, lines)


def metrics_page() -> str:
    """Every metric of every service."""

    def lines(service: str, specs: tuple[MetricSpec, ...]) -> list[tuple[str, ...]]:
        return [(f"`{full_name(service, spec)}`", spec.kind, ", ".join(spec.labels), spec.text) for spec in specs]

    head = ("metric", "kind", "labels", "meaning")
    text = "# Metrics\n" + NOTE + "\n## Every service\n\n`SERVICE` stands for its name.\n\n" + table(head, lines("SERVICE", MESH_METRICS))
    for name, target in TARGETS.items():
        text += f"\n## {name}\n\n" + table(head, lines(name, target.metrics()))
    return text


def record_page() -> str:
    """Every table of the record."""
    text = "# The record\n" + NOTE
    for one in TABLES:
        lines = [(f"`{c.name}`", c.kind, "key" if c.is_key else "optional" if c.is_optional else "") for c in one.columns]
        text += f"\n## {one.name}\n\n" + table(("column", "kind", ""), lines)
    return text


def errors_page() -> str:
    """Every error code that can cross a service's border or reach a person."""
    text = "# Error codes\n" + NOTE
    text += '\nErrors are `{"error": {"code", "message", …}}`. The message says what happened and what to do; … stands for what is filled in.\n\n'
    lines = [(f"`{one.code}`", str(one.status or "as the cause"), one.message, one.path.partition("/")[0] + "/" + one.path.split("/")[1]) for one in found()]
    return text + table(("code", "status", "message", "raised in"), lines)


def main() -> None:
    """Writes them all."""
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.name)
    definitions.main()


if __name__ == "__main__":
    main()
