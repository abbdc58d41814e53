"""Programs are compiled once: equal ones share, restarts keep, what was cut or changed is built anew."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from contest.limits import COMPILE_LIMITS, MIB
from services.runner.builds import BuildFailed, Builds
from services.runner.products import Product, Products
from tests.services.runner.workshop import LIMITS, Workshop

WARNS = {"main.c": b'#include <stdio.h>\n#warning mind the gap\nint main(void) { puts("hello"); return 0; }\n'}


@pytest.fixture
async def products(tmp_path: Path) -> Products:
    made = Products(tmp_path / "builds", MIB * 64)
    await made.open()
    return made


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_program_is_compiled_once_whoever_asks_and_after_a_restart(workshop: Workshop, products: Products, tmp_path: Path) -> None:
    builds = Builds(workshop.pool, workshop.toolchains, products)
    made = await asyncio.gather(*(builds.build("c", WARNS) for _ in range(6)))
    assert +builds.counts == {"built": 1, "memory": 5}
    assert all("mind the gap" in one.output for one in made)

    again = Products(tmp_path / "builds", MIB * 64)
    await again.open()
    assert again.total_bytes == products.total_bytes > 0
    later = Builds(workshop.pool, workshop.toolchains, again)
    found = await later.build("c", WARNS)
    assert later.counts == {"disk": 1}
    assert (found.files, found.output) == (made[0].files, made[0].output)
    execution, output = await workshop.run_built(found)
    assert (execution.verdict, output) == (None, b"hello\n")


@pytest.mark.parametrize("harm", [lambda path: path[:-9], lambda path: path[:90] + b"x" + path[91:], lambda _: b""])
async def test_an_entry_that_was_cut_or_changed_is_built_anew(workshop: Workshop, products: Products, harm, tmp_path: Path) -> None:
    await Builds(workshop.pool, workshop.toolchains, products).build("c", WARNS)
    (entry,) = entries(tmp_path / "builds")
    content = await asyncio.to_thread(entry.read_bytes)
    entry.chmod(0o600)
    await asyncio.to_thread(entry.write_bytes, harm(content))

    later = Builds(workshop.pool, workshop.toolchains, products)
    built = await later.build("c", WARNS)
    assert (later.counts["built"], later.counts["disk"], products.broken) == (1, 0, 1)
    assert (await workshop.run_built(built))[1] == b"hello\n"
    assert len(await asyncio.to_thread(entry.read_bytes)) == len(content)


async def test_whatever_may_change_a_program_makes_it_another(workshop: Workshop, products: Products) -> None:
    builds = Builds(workshop.pool, workshop.toolchains, products)
    source = {"main.c": b'#include "n.h"\nint main(void) { return N; }\n', "n.h": b"#define N 1\n"}
    await builds.build("c", source)
    await builds.build("c", {**source, "n.h": b"#define N 2\n"})
    await builds.build("c", source, COMPILE_LIMITS.__class__(cpu_ms=29_000))
    assert builds.counts["built"] == 3


async def test_a_refusal_is_kept_with_its_words_and_a_compiler_that_was_stopped_is_asked_again(workshop: Workshop, products: Products) -> None:
    wrong = {"main.c": b"int main(void) { return nothing; }\n"}
    builds = Builds(workshop.pool, workshop.toolchains, products)
    with pytest.raises(BuildFailed, match="nothing") as first:
        await builds.build("c", wrong)
    later = Builds(workshop.pool, workshop.toolchains, products)
    with pytest.raises(BuildFailed) as second:
        await later.build("c", wrong)
    assert (later.counts, second.value.message) == ({"disk": 1}, first.value.message)

    endless = {"main.c": b'#include "/dev/zero"\n'}
    hurried = LIMITS.__class__(cpu_ms=100, wall_ms=1000)
    for _ in range(2):
        with pytest.raises(BuildFailed, match="stopped"):
            await later.build("c", endless, hurried)
    assert later.counts == {"disk": 1}, "nothing was kept, and nothing found"


async def test_the_keep_is_bounded_and_the_least_used_goes_first(tmp_path: Path) -> None:
    products = Products(tmp_path / "builds", 3000)
    await products.open()
    keys = [f"{number:064x}" for number in range(4)]
    for key in keys[:2]:
        assert await products.keep(key, Product({"main": b"x" * 1200}))
    assert await products.find(keys[0]) == Product({"main": b"x" * 1200})
    await products.keep(keys[2], Product({"main": b"x" * 1200}, "said", is_refused=False))
    assert [await products.find(key) is not None for key in keys] == [True, False, True, False]
    assert products.total_bytes <= 3000
    assert sum(path.stat().st_size for path in entries(tmp_path / "builds")) == products.total_bytes


async def test_nobody_else_may_read_what_was_built(tmp_path: Path) -> None:
    (tmp_path / "builds" / "ab").mkdir(parents=True, mode=0o755)
    (tmp_path / "builds" / "9-1.part").write_bytes(b"half")
    (tmp_path / "builds" / "ab" / "stranger").write_bytes(b"")
    products = Products(tmp_path / "builds", 3000)
    await products.open()
    await products.keep("ab" * 32, Product({"main": b"x"}))
    (entry,) = entries(tmp_path / "builds")
    assert stat.S_IMODE((tmp_path / "builds").stat().st_mode) == 0o700
    assert stat.S_IMODE(entry.stat().st_mode) == 0o400
