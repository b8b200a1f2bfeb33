"""How far a long command has come: a bar on standard error, where a person sees it; nothing elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STEP = 500  # between two looks at the bar: drawing must not cost more than copying

Told = Callable[[int, int], None]  # how much is done, and of how much


@contextmanager
def progress(what: str) -> Iterator[Told]:
    """Show a bar while the block runs, and tells how far it is."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def told(done: int, total: int) -> None:
            if done % STEP == 0 or done >= total:
                bar.update(task, completed=done, total=total)

        yield told
