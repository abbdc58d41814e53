"""Owns how Rust is built and started: one crate, whose root is ``main.rs`` or the only source; modules beside it are found."""

from __future__ import annotations

from services.runner.languages import native
from services.runner.languages.language import Language, Plan, Sources, Tools, chosen, first_of

SUFFIXES = (".rs",)


def _plan(sources: Sources, tools: Tools) -> Plan:
    root = first_of(chosen(sources, SUFFIXES), "main.rs")
    call = (
        tools.paths["rustc"], "--edition", "2021", "--crate-name", "main", "-C", "opt-level=2", "-C", "strip=symbols", "-o", native.PRODUCT, root,
    )  # fmt: skip
    return Plan(steps=(call,), product=native.PRODUCT)


RUST = Language(
    id="rust",
    title="Rust",
    suffixes=SUFFIXES,
    default_source="main.rs",
    programs=("rustc", "cc"),
    version_arguments=("--version",),
    plan=_plan,
    launch=native.launch,
    finds_the_rest=True,
    greeting="""use std::io::Read;
fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let sum: i64 = text.split_whitespace().map(|word| word.parse::<i64>().unwrap()).sum();
    println!("hello {sum}");
}
""",
)
