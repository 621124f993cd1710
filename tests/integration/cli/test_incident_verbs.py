"""`mailguard incident` at a terminal: what it prints."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.integration.cli.test_figures_verbs import CONFIG, RULES
from tests.integration.cli.test_ledger_verbs import Desk
from tests.ledger import ANN, BOB

from mailguard.app.rooms import Rooms
from mailguard.cli import incident as incident_verbs
from mailguard.mail.actor import Actor, Role
from mailguard.mail.breach import Answers
from mailguard.mail.verdict import Disposition
from mailguard.store.incidents import Incident


def test_the_register_tells_the_time_of_the_organisation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "mailguard.yaml").write_text(CONFIG.format(monthly="").replace("timezone: UTC", "timezone: Asia/Tokyo"))
    desk = Desk(tmp_path / "var")
    record = desk.add()
    assert "not sent" in desk.run("incident", "open", record.id, "--note", "to the wrong Bob").stdout
    assert " +09:00  ann@corp.example" in desk.run("incident", "list").stdout


def test_the_report_is_in_the_language_and_the_time_of_the_organisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    record = desk.add(Disposition.DELIVER)
    desk.ledger(lambda ledger: ledger.relay(record))
    number = desk.json("incident", "open", record.id, "--note", "宛先を間違えた")["id"]
    said = desk.run("incident", "report", number).stdout
    facts, judged, *draft = said.split("\n\n")
    assert [line.partition(":")[0] for line in facts.splitlines() if not line.startswith(" ")] == [
        f"誤送信 {number}（対応中）", "発覚", "メール", "件名", "宛先", "このとき送信を止めた宛先",
        "添付ファイル", "個人情報の本人の数", "同じファイルまたはスレッドのメール", "メモ", "結果",
    ]  # fmt: skip
    assert "6つの質問には、まだ誰も答えていません。" in judged
    assert len(draft) == 1 + 9
    assert f"届いた宛先: {BOB}" in draft[1]
    local = record.received_at.astimezone(ZoneInfo("Asia/Tokyo")).isoformat(" ", "minutes")
    assert f"メール: {record.id}、{local[:-6]} {local[-6:]}、送信元 {ANN}" in said
    assert f"  {BOB} (社外): 次のサーバーへ渡しました, {local[:10]}" in said
    assert "+00:00" not in said
    monkeypatch.setenv("MAILGUARD_ORGANIZATION__LANGUAGE", "en")
    assert (
        f"{BOB} (outside): accepted by the next server, {local[:10]}" in desk.run("incident", "report", number).stdout
    )


def test_addresses_do_not_turn_the_line_of_a_terminal_or_a_draft(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    bob, ann = "b\u202eob@partner.example", "a\u202enn@corp.example"
    record = desk.add(Disposition.DELIVER, to=(bob,), sender=ann)
    desk.ledger(lambda ledger: ledger.relay(record))
    number = desk.json("incident", "open", record.id)["id"]
    said = [desk.run("incident", *verb).stdout for verb in (("list",), ("show", number), ("report", number))]
    assert "b?ob@partner.example" in said[1]
    assert not any("\u202e" in one for one in said)


def test_who_answers_on_top_of_what_somebody_else_replaced_meanwhile_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    number = desk.json("incident", "open", desk.add().id)["id"]
    read = incident_verbs._found

    async def and_then_another(rooms: Rooms, incident_id: str) -> Incident:
        found = await read(rooms, incident_id)
        officer = Actor("officer@corp.example", Role.OFFICER, "console")
        await rooms.incidents.assess(officer, incident_id, Answers(personal="yes", how="by phone"))
        return found

    monkeypatch.setattr(incident_verbs, "_found", and_then_another)
    done = desk.run("incident", "assess", number, "--sensitive", "no", status=1)
    assert "officer@corp.example" in done.stderr
    monkeypatch.undo()
    answers = desk.json("incident", "show", number)["answers"]
    assert (answers["personal"], answers["sensitive"]) == ("yes", "unknown")
