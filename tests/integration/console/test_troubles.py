"""Who reads on every page that a way to people fails, and what a stranger may know of it."""

from __future__ import annotations

from dataclasses import replace

from tests.reception import ADMIN, ANN, AUDITOR, Reception

TROUBLES = [("letters", "3 letters wait"), ("channel ops-<b>slack</b>", "answered 404")]


def fail(reception: Reception) -> None:
    reception.app.state.desk = replace(reception.app.state.desk, troubles=lambda: TROUBLES)


async def test_those_who_see_all_read_it_on_every_page(reception: Reception) -> None:
    fail(reception)
    for person in (ADMIN, AUDITOR):
        page = await (await reception.browser(person)).get("/all")
        assert "Letters to people do not arrive (3 letters wait)." in page.text
        assert "The chat channel ops-&lt;b&gt;slack&lt;/b&gt; does not take messages (answered 404)." in page.text
    page = await (await reception.browser(ADMIN, "ja")).get("/policy")
    assert "通知メールが送れていません(3 letters wait)。" in page.text


async def test_nobody_else_does(reception: Reception) -> None:
    fail(reception)
    assert "do not arrive" not in (await (await reception.browser(ANN)).get("/mine")).text
    assert "do not arrive" not in (await (await reception.browser()).get("/login")).text


async def test_a_stranger_learns_the_kind_and_no_name(reception: Reception) -> None:
    fail(reception)
    answer = await (await reception.browser()).get("/readyz")
    assert answer.json() == {"ready": True, "wrong": {}, "troubles": ["channel", "letters"]}
