"""Places where something was found: by kind, masked unless asked for, nothing of a stranger's that breaks the page."""

from __future__ import annotations

from mailguard.console.found import found_in, place_name
from mailguard.mail.facts import Facts, Match

CARD = Match("payment_card", "2 名簿.xlsx", "山田\t", "4012888888881881", "\t済", "************1881")
KEY = Match("secret:github_token", "mail", "token: ", "ghp_0123", "", "ghp_***")


def test_masked_unless_asked_for() -> None:
    facts = Facts(matches=(KEY, CARD))
    card, key = found_in(facts, "ja")
    assert (card.word, key.word) == ("クレジットカード番号", "GitHubのトークン")
    (place,) = card.places
    assert (place.where, place.before, place.value, place.after) == ("名簿.xlsx", "山田 ", "************1881", " 済")
    assert key.places[0].where == ""
    assert found_in(facts, "en", unmasked=True)[0].places[0].value == "4012888888881881"
    assert "4012888888881881" not in str(found_in(facts, "en"))


def test_many_places_are_counted() -> None:
    (found,) = found_in(Facts(matches=(CARD,) * 14), "en")
    assert (len(found.places), found.more) == (3, 11)


def test_controls_and_unknown_kinds_are_tame() -> None:
    odd = Match("new\u202ekind", "a\n2", "a\r\nb", "v\x00", "c" * 500, "m\x1b")
    (found,) = found_in(Facts(matches=(odd,)), "en")
    (place,) = found.places
    shown = f"{found.word}{place.where}{place.before}{place.value}{place.after}"
    assert shown.isprintable()
    assert len(place.after) <= 60


def test_places_are_told_by_their_files() -> None:
    told = [place_name(where) for where in ("mail", "1", "1.2", "2 名簿.zip/a.csv", "second reading")]
    assert told == ["", "", "", "名簿.zip/a.csv", "second reading"]
