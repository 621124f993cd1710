"""`mailguard init DIR`: a configuration to begin with and the shipped policies, all in monitor mode.

It writes only into a folder that has neither yet, and asks nothing: what is to be changed stands in the file as
comments.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import yaml

from mailguard.cli.init_settings import TEMPLATE
from mailguard.cli.language import say, spoken, terminal_language
from mailguard.cli.library import MODELINE, SCHEMA, copied, named
from mailguard.cli.setup import fail
from mailguard.config.tryout import shipped_policies
from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.saying import Sentence, reason_of
from mailguard.policy.schema import json_schema


def _own(_: click.Context, __: click.Parameter, text: str) -> str:
    """It goes into a file, twice behind an @: what `check` would not take is not written."""
    try:
        parse_address(f"x@{text}")
    except AddressError:
        said = Sentence(
            "{text!r}は corp.example のようなドメインではありません。",
            "{text!r} is no domain such as corp.example",
            text=text,
        )
        raise click.BadParameter(said) from None
    return text


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--domain", default="corp.example", show_default=True, callback=_own, help="Your mail domain.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("var"),
    show_default=True,
    help="Where ledger and bodies will lie; relative to FOLDER.",
)
@click.option(
    "--with", "library", multiple=True, metavar="NAME", help="Also a file of the library (`mailguard policy library`)."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def init(folder: Path, domain: str, data: Path, library: tuple[str, ...], as_json: bool) -> None:
    """Write mailguard.yaml and policies/ into FOLDER: everything is counted, nothing is held."""
    config, policies = folder / "mailguard.yaml", folder / "policies"
    chosen = [named(name) for name in dict.fromkeys(library)]
    for there in (config, policies):
        if there.exists():
            said = Sentence(
                "{there} がすでにあります。何も書き出していません。",
                "{there} exists already; nothing was written",
                there=there,
            )
            fail(said)
    try:
        policies.mkdir(parents=True)
        for shipped in sorted(shipped_policies().glob("*.yaml")):
            (policies / shipped.name).write_text(MODELINE + _monitoring(shipped.read_text("utf-8")), "utf-8")
        schema = json_schema(terminal_language())
        (policies / SCHEMA).write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", "utf-8")
        copied(chosen, policies)  # after the schema, which they name
        config.write_text(_settings(domain, data), "utf-8")
    except OSError as error:
        said = Sentence(
            "{folder}: 書き込めません: {why}", "{folder}: cannot be written: {why}", folder=folder, why=reason_of(error)
        )
        fail(said)
    if as_json:
        click.echo(json.dumps({"config": str(config), "policies": str(policies)}, ensure_ascii=False))
        return
    done = Sentence(
        "{config} と {policies} を書き出しました。次は {config} を編集し、`mailguard check --config {config}` "
        "を実行してください。",
        "{config} and {policies} are written. Next: edit {config}, then `mailguard check --config {config}`.",
        config=config, policies=policies,
    )  # fmt: skip
    say(done)


def _settings(domain: str, data: Path) -> str:
    url, bodies = json.dumps(f"sqlite:{data / 'mailguard.db'}"), json.dumps(str(data / "bodies"))
    name = domain if domain.startswith("[") else domain.partition(".")[0].capitalize()
    return spoken(TEMPLATE).format(
        domain=_written(domain),
        name=_written(name),
        subdomains=json.dumps(f"*.{domain}", ensure_ascii=False),
        administrator=_written(f"admin@{domain}"),
        sender=_written(f"mailguard@{domain}"),
        url=url,
        bodies=bodies,
    )


def _written(text: str) -> str:
    """As YAML has it: [192.0.2.1] would be a list, and no.example's first word a truth."""
    try:
        plain = yaml.safe_load(f"[{text}]") == [text]
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def _monitoring(text: str) -> str:
    """The same rules, those without a mode of their own in monitor mode."""
    blocks = re.split(r"(?m)^(?=  - id:)", text)
    return blocks[0] + "".join(_one(block) for block in blocks[1:])


def _one(block: str) -> str:
    if re.search(r"(?m)^    mode:", block):
        return block
    head, _, rest = block.partition("\n")
    return f"{head}\n    mode: monitor\n{rest}"
