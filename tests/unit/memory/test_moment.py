"""Lessons of one moment are judged together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mailguard.insight.lesson import Lesson
from mailguard.insight.words import Judgement
from mailguard.memory.moment import Moment


def lesson(at: float, people: int = 1) -> Lesson:
    return Lesson(at, "a@corp.example", tuple([f"p{one}@x.example" for one in range(people)]), (0,) * people)


def test_what_another_process_asks_takes_the_mails_with_it_that_wait() -> None:
    asked: list[list[float]] = []

    def judge(lessons: Sequence[Lesson]) -> Sequence[Judgement | Exception | None]:
        asked.append([one.at for one in lessons])
        return [Judgement(one.at) if one.at < 9 else ValueError("odd") for one in lessons]

    async def work() -> None:
        moment = Moment(judge)
        waiting = [asyncio.create_task(moment.judged(lesson(at))) for at in (0.1, 9.0)]
        await asyncio.sleep(0)
        first, second = moment.together([lesson(0.3, people=20), lesson(0.4)])
        assert (first, second) == (Judgement(0.3), Judgement(0.4))
        assert moment.together(()) == []
        mine, other = await asyncio.gather(*waiting, return_exceptions=True)
        assert mine == Judgement(0.1)
        assert isinstance(other, ValueError)

    asyncio.run(work())
    assert asked == [[0.1, 9.0, 0.3], [0.4]]
