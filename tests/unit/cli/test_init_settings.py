"""The configuration that `init` writes is the same in both languages, but for its comments."""

from __future__ import annotations

from collections import defaultdict

import yaml

from mailguard.cli.init_settings import TEMPLATE
from mailguard.mail.saying import in_language


def test_the_settings_are_the_same_in_both_languages() -> None:
    ja, en = (in_language(TEMPLATE, language).format_map(defaultdict(lambda: "x")) for language in ("ja", "en"))
    assert ja != en
    assert yaml.safe_load(ja) == yaml.safe_load(en)
