"""An author sees his submission at every moment: also in the one in which it goes from the overlay into the record."""

from __future__ import annotations

from collections.abc import Sequence

from services.frontend.pending import PendingSubmission, pending_submissions
from services.frontend.reads.record import Record
from services.frontend.reads.submissions import Submissions
from tests.services.frontend.world import World


class _Moving:
    """An overlay out of which the recorder takes the submission just before it is asked: committed first, then forgotten."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._overlay = pending_submissions(world.backbone.state)
        self.submission = ""

    async def _move(self) -> None:
        if not self.submission:
            self.submission = await self._world.add_submission("ana", status="queued", verdict=None, score=None)

    async def find(self, submission: str) -> PendingSubmission | None:
        await self._world.add_submission("ana", id=submission, run=submission, status="queued", verdict=None, score=None)
        return None

    async def of_user(self, username: str, known: Sequence[str] = ()) -> list[PendingSubmission]:
        await self._move()
        return await self._overlay.of_user(username, known)


async def test_a_submission_is_found_while_it_moves_into_the_record(finals: World) -> None:
    moving = _Moving(finals)
    reads = Submissions(Record(finals.engine), moving, finals.backbone.cache)  # type: ignore[arg-type]  # the overlay, as far as it is asked
    found = await reads.find("01a200eb-df65-78a1-8309-ef5f42181063")
    assert found is not None
    assert found.submission.status == "queued"


async def test_a_list_has_a_submission_that_moves_into_the_record(finals: World) -> None:
    moving = _Moving(finals)
    reads = Submissions(Record(finals.engine), moving, finals.backbone.cache)  # type: ignore[arg-type]  # the overlay, as far as it is asked
    assert [one.id for one in await reads.of_user("finals", "ana")] == [moving.submission]


async def test_a_repetition_that_names_the_problem_by_its_label_is_the_same_submission(finals: World) -> None:
    ana = await finals.signed_in("ana")
    key = {"Idempotency-Key": "again and again"}
    first = await ana.submit(problem="A", headers=key)
    assert first.status == 202, first.body
    await finals.add_submission("ana", id=first.json["id"], source="print(1)", status="queued", verdict=None, score=None)
    await finals.backbone.state.forget(f"submission:{first.json['id']}")  # the record has it now
    again = await ana.submit(problem="A", headers=key)
    assert (again.status, again.json["id"]) == (202, first.json["id"]), again.body
    assert (await ana.submit(problem="A", source="print(2)", headers=key)).code == "idempotency-key-reused"
