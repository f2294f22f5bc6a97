"""The tables of docs/reference/settings.md, made from conf.py: ``python -m tests.conf.reference`` writes them anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/settings.md"
_BLOCK = re.compile(r"(<!-- settings: (\w+) -->\n).*?(<!-- /settings -->)", flags=re.DOTALL)


def table(group: type) -> str:
    """A row for each key of a group, and below it one for each key of its nested dict."""
    from prodgen_django.schema import Key

    rows = ["| Key | Type | Default | Meaning |", "|---|---|---|---|"]
    for name, key in vars(group).items():
        if isinstance(key, Key):
            rows += [_row(path, inner) for path, inner in _with_nested(name, key)]
    return "\n".join(rows) + "\n"


def page(text: str) -> str:
    """The page with each of its tables as conf.py has it."""
    from prodgen_django.conf import GROUPS

    groups = {group.__name__: group for group in GROUPS}
    return _BLOCK.sub(lambda block: f"{block[1]}\n{table(groups[block[2]])}\n{block[3]}", text)


def _with_nested(path: str, key: Any) -> Iterator[tuple[str, Any]]:
    from prodgen_django.schema import Either, Record

    yield path, key
    kinds = key.kind.kinds if isinstance(key.kind, Either) else [key.kind]
    for kind in kinds:
        if isinstance(kind, Record):
            for name, inner in kind.fields.items():
                yield from _with_nested(f"{path}[{json.dumps(name)}]", inner)


def _row(path: str, key: Any) -> str:
    from prodgen_django.schema import REQUIRED

    default = "needed" if key.default is REQUIRED else f"`{_literal(key.default)}`"
    cells = [f"`{path}`", _marked(key.kind.wanted), default, key.meaning]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _literal(value: Any) -> str:
    return repr(value).replace("'", '"')


def _marked(wanted: str) -> str:
    """Names as code; None, True and False too."""
    quoted = re.sub(r"'([^']*)'", r'`"\1"`', wanted)
    dotted = re.sub(r"\bprodgen_django[\w.]+", lambda name: f"`{name[0]}`", quoted)
    return re.sub(r"\b(None|True|False)\b", r"`\1`", dotted)


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
