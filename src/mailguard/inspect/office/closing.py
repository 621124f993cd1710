"""What the parts of a document said becomes Content, with its findings and the files that are attached to it."""

from __future__ import annotations

from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.attached import is_drawing, open_attached
from mailguard.inspect.office.relations import Types
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.stored import Stored


def close(said: Said, content: Content, others: list[Stored], types: Types, budget: Budget, file: FileIn) -> Content:
    """Make Content of what the parts said, with the files that are attached to them, and note the findings."""
    attached = [part for part in others if not is_drawing(part, types, said)]
    for detail in said.hidden:
        budget.find("hidden_text", file.where, detail)
    for detail in said.macros:
        budget.find("macro", file.where, detail)
    if said.full:
        budget.find("limit_reached", file.where, "the text of the document is longer than what is read of it")
        content.whole = False
    content.text = said.whole()
    if attached:
        content.inner = open_attached(attached, types, budget, file.where)
    return content


def note_unread(part: Stored, error: Exception, content: Content, budget: Budget, where: str) -> None:
    """Note a part that could not be read."""
    content.whole = False
    content.encrypted = content.encrypted or part.member.encrypted
    if str(error) == "larger than the limit":
        budget.find("bomb", where, "a part expands far beyond its size; not unpacked")
    budget.find("unparseable_attachment", f"{where}/{part.name}", str(error))
