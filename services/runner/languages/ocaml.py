"""Owns how OCaml is built and started. Of several sources ``main.ml`` is last, after the others by name."""

from __future__ import annotations

from services.runner.languages import native
from services.runner.languages.language import HeapFull, Language, Plan, Sources, Tools, chosen, first_of

SUFFIXES = (".ml",)


def _plan(sources: Sources, tools: Tools) -> Plan:
    files = chosen(sources, SUFFIXES)
    last = first_of(files, "main.ml") if len(files) > 1 else ""
    ordered = sorted(files, key=lambda path: path == last)
    libraries = ("-I", "+unix", "-I", "+str", "unix.cmxa", "str.cmxa")
    return Plan(steps=((tools.paths["ocamlopt"], "-O3", "-w", "-a", *libraries, "-o", native.PRODUCT, *ordered),), product=native.PRODUCT)


OCAML = Language(
    id="ocaml",
    title="OCaml",
    suffixes=SUFFIXES,
    default_source="main.ml",
    programs=("ocamlopt", "gcc"),
    version_arguments=("-v",),
    plan=_plan,
    launch=native.launch,
    heap_full=HeapFull(b"exception Out_of_memory", exit_code=2),
    greeting='let () = Scanf.scanf " %d %d" (fun a b -> Printf.printf "hello %d\\n" (a + b))\n',
)
