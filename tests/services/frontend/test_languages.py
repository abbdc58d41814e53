"""A problem takes the languages that it names, within those of the contest; whoever asks hears what runners have of each."""

from __future__ import annotations

import pytest

from mesh.config import ConfigError
from services.frontend.config import Config
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.test_runners_api import FACTS, judging
from tests.services.frontend.world import World
from wire.languages import LANGUAGES


async def test_a_problem_narrows_what_may_be_submitted_for_it(finals: World) -> None:
    await finals.update("problems", {"alias": "sum"}, languages=["c", "cpp", "java"])
    await finals.update("contests", {"alias": "finals"}, languages=["cpp17", "java", "python3"])
    ana = await finals.signed_in("ana")
    [shown] = (await ana.get("/contests/finals")).json["problems"]
    assert shown["languages"] == ["cpp17", "java"]
    for language, status, code in (("java", 202, ""), ("cpp17", 202, ""), ("cpp", 422, "language-not-allowed"), ("python3", 422, "language-not-allowed")):
        answer = await ana.submit(language=language, source=f"// {language}")
        assert (answer.status, answer.code) == (status, code), (language, answer.json)


async def test_a_text_is_taken_only_where_a_problem_asks_for_one(finals: World) -> None:
    ana = await finals.signed_in("ana")
    refused = await ana.submit(language="text", source="42")
    assert (refused.status, refused.code) == (422, "language-not-allowed")
    await finals.update("problems", {"alias": "sum"}, languages=["text"])
    await finals.update("contests", {"alias": "finals"}, languages=["cpp"])
    assert (await (await finals.signed_in("ana")).submit(language="text", source="42")).status == 202
    [shown] = (await ana.get("/contests/finals")).json["problems"]
    assert shown["languages"] == ["text"]


async def test_languages_are_told_with_the_versions_that_runners_have(worlds: Worlds) -> None:
    async with judging(worlds) as (world, slots):
        await slots.claim()
        world.clock.turn(3)
        listed = {one["id"]: one for one in (await world.person().get("/languages")).json}
    assert tuple(listed) == LANGUAGES
    assert {name: listed[name]["versions"] for name in ("c", "python3", "java")} == {"c": [FACTS.versions["c"]], "python3": [FACTS.versions["python3"]], "java": []}
    assert [listed[name]["is_available"] for name in ("c", "java")] == [True, False]
    assert [name for name, one in listed.items() if one["is_output"]] == ["text"]


async def test_a_problem_says_which_languages_have_another_limit(worlds: Worlds) -> None:
    async with worlds(language_times=("java=1.5+500", "python3=2", "c=1")) as world:
        await world.add_account("olga", "organiser")
        await world.add_problem()
        olga = await world.signed_in("olga")
        shown = (await olga.get("/problems/sum")).json
        assert shown["language_cpu_ms"] == {"java": shown["limits"]["cpu_ms"] * 3 // 2 + 500, "python3": shown["limits"]["cpu_ms"] * 2}
        await world.update("problems", {"alias": "sum"}, languages=["c", "java"])
        assert list((await olga.get("/problems/sum")).json["language_cpu_ms"]) == ["java"]


def test_what_makes_no_sense_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigError, match="there is no language 'cobol'"):
        assert Config(language_times=("cobol=2",)).allowances
