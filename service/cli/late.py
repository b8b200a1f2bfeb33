"""A group of commands that are imported when they are asked for: what one command needs, no other pays for.

Their names are known without importing anything. Help and completion, which show all of them, import all of them: so
what stands there is what the commands themselves say.
"""

from collections import UserDict
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

LOOKS: Mapping[str, Any] = {
    "add_completion": False,  # it is of the whole, not of each command
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,  # no boxes, and no import of what draws them
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is found: a function, or a `typer.Typer` with commands of its own, in a module."""

    module: str
    attribute: str

    def command(self, name: str) -> Any:
        """Import it, and return it as it is registered under a name."""
        found = getattr(import_module(self.module), self.attribute)
        app = typer.Typer(**LOOKS)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
            return typer.main.get_group(app).commands[name]
        app.command(name)(found)
        return typer.main.get_command(app)


class Late(UserDict[str, Any]):
    """Commands by name, in the order in which they are shown; each is a place until somebody takes it."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, Place):
            found = self.data[name] = found.command(name)
        return found


def group(places: Mapping[str, Place]) -> type[TyperGroup]:
    """Return the class of a group that has these commands."""

    class LateGroup(TyperGroup):
        """Knows its commands by their names."""

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.commands = Late(places)

    return LateGroup
