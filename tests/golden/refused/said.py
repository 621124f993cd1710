"""What `mailguard check` says of each file here that is wrong, and `policy test` of examples that do not hold. As a
program it writes that down (look at the diff).
"""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from mailguard.cli import main

HERE = Path(__file__).parent
#: A file that only others name stands in a folder of its own with the one that names it.
CASES = sorted([*HERE.glob("*.yaml"), *HERE.glob("*/mailguard.yaml"), HERE / "examples" / "rules.yaml"])


def said(case: Path, language: str) -> str:
    """The lines about one file, without this machine's folders."""
    locale = {"ja": "ja_JP.UTF-8", "en": "en_US.UTF-8"}[language]
    names = dict.fromkeys(("LC_MESSAGES", "LANGUAGE"))
    words = ["policy", "test", str(case)]
    if case.parent.name != "examples":
        words = ["check", "--strict", "--config", str(case)]
    done = CliRunner().invoke(main, words, env={**names, "LC_ALL": locale})
    assert done.exit_code == 1, done.output
    return done.output.replace(f"{HERE}/", "")


if __name__ == "__main__":
    for one in CASES:
        for language in ("en", "ja"):
            one.with_suffix(f".{language}").write_text(said(one, language), "utf-8")
