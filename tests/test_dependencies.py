"""What the package imports is what its pyproject asks for."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def imported() -> dict[str, Path]:
    """Top-level modules that any file of the package imports, wherever in the file, with one file that does."""
    found: dict[str, Path] = {}
    for path in (ROOT / "prodgen_django").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            found |= {name.partition(".")[0]: path for name in names}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names}


def test_every_import_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    declared = {re.split(r"[\s\[<>=;!~]", one)[0].lower().replace("_", "-") for one in wanted}
    providers = packages_distributions()
    missing = {
        name: str(path.relative_to(ROOT))
        for name, path in imported().items()
        if name != "prodgen_django"
        and not declared & {one.lower().replace("_", "-") for one in providers.get(name, [name])}
    }
    assert not missing
