"""`lamplighter log …`: what is done with a log as a whole, on the file itself.

What only reads may run beside a daemon. What writes takes the log's lock, and is refused while a daemon holds it.
"""

from collections.abc import Callable

import typer

from service.cli.log.archiving import archive
from service.cli.log.copying import backup, export, import_
from service.cli.log.proof import head, reindex, verify
from service.cli.log.redact import redact

# In the order in which `lamplighter log --help` shows them.
COMMANDS: tuple[Callable[..., None], ...] = (head, verify, reindex, export, import_, backup, archive, redact)


app = typer.Typer(
    help="Prove a log, copy it, put its beginning into an archive, take a text out of it.", no_args_is_help=True
)
for function in COMMANDS:
    app.command(function.__name__.rstrip("_").replace("_", "-"))(function)
