"""Owns how TypeScript is checked and made into JavaScript, which Node.js starts. A wrong type is a compile error.

The compiler is started as the program that it is, not by its script. One file comes out: of several sources each becomes a
function, called when it is first required.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from services.runner.languages import javascript
from services.runner.languages.language import Language, Plan, Sources, Tools, chosen, first_of

SUFFIXES = (".ts", ".mts", ".cts")
OLDEST = (4, 7)  # the first that can be told to take every file as a module
_BUNDLE, _LOOSE_TYPES, _PRELUDE, _START = "palestra.js", "palestra.d.ts", "palestra-prelude.js", "palestra-start.js"
_TYPES = (Path(__file__).parent / "node.d.ts").read_bytes()
_DEFINE = b"""const __palestra = new Map();
function define(name, needs, make) { __palestra.set(name, { needs, make, exports: null }); }
function __palestraRequire(name) {
  const known = __palestra.get(name);
  if (!known) return require(name);
  if (known.exports) return known.exports;
  known.exports = {};
  const given = { require: __palestraRequire, exports: known.exports };
  const made = known.make(...known.needs.map((need) => given[need] ?? __palestraRequire(need)));
  return (known.exports = made ?? known.exports);
}
"""


def _plan(sources: Sources, tools: Tools) -> Plan:
    files = tuple(path for path in chosen(sources, SUFFIXES) if not path.endswith(".d.ts"))
    start = re.sub(r"\.([cm]?)ts$", "", first_of(files, "main.ts", "index.ts"))
    types = tools.paths.get("types")
    known = ("--types", "node", "--typeRoots", types.rpartition("/")[0]) if types else (_LOOSE_TYPES,)
    extra = {} if types else {_LOOSE_TYPES: _TYPES}
    call = (
        tools.paths["node"], "--max-old-space-size=1536", tools.paths["tsc"], "--target", "es2020", "--lib", "es2021", "--moduleDetection", "force",
        "--moduleResolution", "node", "--esModuleInterop", "--skipLibCheck", "--pretty", "false", *known, *files,
    )  # fmt: skip
    if len(files) <= 1:
        return Plan(steps=((*call, "--module", "commonjs", "--outDir", "out"),), product=f"out/{start}.js", files=extra)
    joined = ("/bin/sh", "-c", f"cat {_PRELUDE} out.js {_START} > {_BUNDLE}")
    extra |= {_PRELUDE: _DEFINE, _START: f"__palestraRequire({json.dumps(start)});\n".encode()}
    return Plan(steps=((*call, "--module", "amd", "--outFile", "out.js"), joined), product=_BUNDLE, files=extra)


def _version(paths: Mapping[str, str]) -> str:
    """Read, not asked for: starting the compiler takes as long as all other languages together. Empty: too old."""
    number = json.loads(Path(paths["package"]).read_text(encoding="utf-8"))["version"]
    return f"TypeScript {number}" if tuple(map(int, number.split(".")[:2])) >= OLDEST else ""


def _below(name: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for folder in ("/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs"))


TYPESCRIPT = Language(
    id="typescript",
    title="TypeScript (Node.js)",
    suffixes=SUFFIXES,
    default_source="main.ts",
    programs=("node|nodejs",),
    version_arguments=(),
    read_version=_version,
    files={"tsc": _below("typescript/lib/tsc.js"), "package": _below("typescript/package.json")},
    extras={"types": _below("@types/node")},
    plan=_plan,
    launch=javascript.launch,
    heap_full=javascript.HEAP_FULL,
    greeting='import * as fs from "fs";\nconst [a, b]: number[] = fs.readFileSync(0, "utf8").split(" ").map(Number);\nconsole.log("hello " + (a + b));\n',
)
