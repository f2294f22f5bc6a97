"""The wheel holds only what an installed app can reach: no trainer, no experiment, nothing that was left behind.

Imports are followed in the source from where Django, Celery or a person enters, those inside functions too, and names
of our modules in strings (settings, lists of what is imported later).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: What Django imports of an app by its name.
BY_NAME = ("apps", "models", "admin")
ENTRANCES = ("prodgen_django.tasks", "prodgen_django.urls")
FOLDERS = ("management.commands", "migrations", "templatetags")
#: What a shop writes into its settings.
DOORS = ("prodgen_django.contrib.oscar.middleware", "prodgen_django.contrib.oscar.thumbnails")

#: Rooms whose circles are still to be broken.
CIRCULAR = {"personalization", "studio"}


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / "prodgen_django").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def documented() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))


def entrances() -> set[str]:
    apps = {name.removesuffix(".apps") for name in modules() if name.endswith(".apps")}
    by_name = {f"{app}.{name}" for app in apps for name in BY_NAME}
    folders = tuple(f"prodgen_django.{folder}." for folder in FOLDERS)
    commands = {
        name
        for name in modules()
        if name.endswith(".__main__") and f"python -m {name.removesuffix('.__main__')} " in documented()
    }
    return (
        ({*ENTRANCES, *by_name, *DOORS} & set(modules()))
        | commands
        | {name for name in modules() if name.startswith(folders)}
    )


def imported_by(name: str) -> set[str]:
    """Our modules that a module imports, not for types alone: of `from room import thing` the thing, where it is a
    module, else the room."""
    found: set[str] = set()
    for node, base in statements(name, for_types=False):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            things = {f"{base}.{alias.name}" for alias in node.names}
            found |= things & set(modules()) or {base}
    return found & set(modules())


def statements(name: str, for_types: bool = True) -> Iterator[tuple[ast.AST, str]]:
    """Every node of a module's source (without what stands under TYPE_CHECKING, unless `for_types`); beside an import
    what it imports from."""
    path = modules()[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not for_types
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        base = ""
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
        yield node, base


def named_in(name: str) -> set[str]:
    """Our modules that a module's source imports or names."""
    found: set[str] = set()
    for node, base in statements(name):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value, node.value.rpartition(".")[0]}
    return found & set(modules())


def test_every_module_is_reached() -> None:
    reached: set[str] = set()
    waiting = entrances()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        parent = name.rpartition(".")[0]
        waiting |= (named_in(name) | ({parent} if parent else set())) - reached
    assert not sorted(set(modules()) - reached), (
        "nothing of the app imports these: wire them, move or delete them"
    )


def test_what_a_shop_names_in_its_settings_is_documented() -> None:
    for door in DOORS:
        assert door in modules()
        assert door in documented()


def test_no_room_imports_in_circles() -> None:
    rooms = {name.partition(".")[2].partition(".")[0] for name in modules()} - CIRCULAR
    graph = {
        name: {other for other in imported_by(name) if other != name}
        for name in modules()
        if name.partition(".")[2].partition(".")[0] in rooms
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle
