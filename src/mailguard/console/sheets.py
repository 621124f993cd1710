"""The pages' templates: everything escaped, a name that is not given is an error.

A template is made into code when its first page is asked for, which takes some ten milliseconds each: that is done in
a thread, with all that it refers to, so that nothing on the event loop waits for it. It trusts its own files only.
"""

from __future__ import annotations

import asyncio

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.meta import find_referenced_templates


class Sheets:
    """The templates of the console by their names."""

    def __init__(self) -> None:
        self._made: set[str] = set()
        self._making = asyncio.Lock()  # one thread at a time: several would take turns, and the event loop comes last
        self._templates = Environment(
            loader=PackageLoader("mailguard.console", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def get(self, name: str) -> Template:
        """A template that can be rendered at once."""
        if name not in self._made:
            async with self._making:
                await asyncio.to_thread(self._make, name)
        return self._templates.get_template(name)

    def _make(self, name: str) -> None:
        """Make a template and all that it extends, includes or imports."""
        waiting, seen = [name], {name}
        while waiting:
            one = waiting.pop()
            if one in self._made:
                continue
            self._templates.get_template(one)
            assert self._templates.loader is not None
            source, _, _ = self._templates.loader.get_source(self._templates, one)
            named = set(filter(None, find_referenced_templates(self._templates.parse(source))))
            waiting += named - seen
            seen |= named
        self._made |= seen
