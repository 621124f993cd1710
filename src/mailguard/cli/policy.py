"""`mailguard policy`: runs the examples of policies, tries new ones, prints the JSON Schema, and shows the library. It
changes nothing that is there.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mailguard.app.people import policy_of
from mailguard.cli import Group
from mailguard.cli.junit import junit
from mailguard.cli.language import spoken, terminal_language
from mailguard.cli.library import library_verb
from mailguard.cli.setup import fail, read_config, refuse, with_config
from mailguard.cli.simulate import simulate
from mailguard.mail.saying import Sentence, reason_of
from mailguard.policy.examples import ExampleResult, run_examples
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.marks import Problems


@click.group("policy", cls=Group)
def policy() -> None:
    """Test policies, try new ones on recorded mail, choose from the library, print the JSON Schema."""


policy.add_command(simulate)
policy.add_command(library_verb)


@policy.command("test")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, readable=False))
@with_config
@click.option(
    "--junit", "report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Write the results as JUnit XML, for the CI of your own repository.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def test(paths: tuple[Path, ...], config_file: Path | None, report: Path | None, as_json: bool) -> None:
    """Run the examples in PATHS (files or folders), or in the configured policies. Status 1 if one fails."""
    loaded, results = _run(paths, config_file)
    failed = [result for result in results if not result.passed]
    if report is not None:
        try:
            report.write_bytes(junit(results))
        except OSError as error:
            fail(
                Sentence(
                    "{report}: 書き込めません: {why}",
                    "{report}: cannot be written: {why}",
                    report=report,
                    why=reason_of(error),
                )
            )
    if as_json:
        said = {
            "ok": not failed,
            "policy": loaded.hash,
            "rules": len(loaded.rules),
            "passed": len(results) - len(failed),
        }
        click.echo(json.dumps({**said, "examples": [_to_json(result) for result in results]}, ensure_ascii=False))
    else:
        for result in failed:
            click.echo(spoken(_line(result)), err=True)
            for reason in result.reasons:
                click.echo(f"    {spoken(reason)}", err=True)
        without = [rule.id for rule in loaded.rules if not rule.model.examples]
        if without:
            names = ", ".join(without)
            click.echo(spoken(Sentence("テスト例なし: {names}", "without examples: {names}", names=names)))
        told = Sentence(
            "テスト例{of}件中{held}件が期待どおりです(ルール{rules}件)。",
            "{held} of {of} examples of {rules} rules hold",
            held=len(results) - len(failed),
            of=len(results),
            rules=len(loaded.rules),
        )
        click.echo(spoken(told))
    raise SystemExit(1 if failed else 0)


def _run(paths: tuple[Path, ...], config_file: Path | None) -> tuple[Policy, list[ExampleResult]]:
    try:
        if paths:  # a policy by itself: its own repository needs no configuration
            loaded = load_policy(paths)
        else:
            config = read_config(config_file)
            loaded = policy_of(config)
    except Problems as error:
        refuse(error)
    return loaded, run_examples(loaded, loaded.organization)


def _to_json(result: ExampleResult) -> dict[str, object]:
    return {
        "file": result.place.file,
        "line": result.place.line,
        "column": result.place.column,
        "rule": result.rule or None,
        "expected": result.expected,
        "got": result.got,
        "hits": list(result.hits),
        "passed": result.passed,
        "mail": result.title,
        "reasons": list(result.reasons),
    }


def _line(result: ExampleResult) -> str:
    place = result.place
    who = Sentence("ファイルのすべてのルール", "all rules of the file")
    if result.rule:
        who = Sentence("ルール{id!r}", "rule {id!r}", id=result.rule)
    hits = ""
    if result.hits and not result.rule:
        hits = Sentence("({hits} による)", " (by {hits})", hits=", ".join(result.hits))
    said = Sentence(
        "{who}: 期待は {expected}、結果は {got} でした{hits}。",
        "{who}: expected {expected}, got {got}{hits}",
        who=who,
        expected=result.expected,
        got=result.got,
        hits=hits,
    )
    return f"{place.file}:{place.line}:{place.column}: " + said


@policy.command("schema")
@click.option("--json", "as_json", is_flag=True, help="The same, in English on every terminal.")
def schema(as_json: bool) -> None:
    """Print the JSON Schema of a policy file, for editors. It explains keys in the language of the terminal."""
    from mailguard.policy.schema import json_schema

    described = json_schema("en" if as_json else terminal_language())
    # In octets: it goes into a file that editors read as UTF-8, whatever the terminal writes.
    click.echo(json.dumps(described, ensure_ascii=False, indent=2).encode())
