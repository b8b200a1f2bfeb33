"""`lamplighter doctor`: what works from here and with these tokens, found by trying; and what to do about the rest."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.calling import Json, wants_json
from service.cli.exits import Exit
from service.cli.printing import document, say, table
from service.cli.running import Config, Log
from service.cli.survey import HubUrl, Namespaces, TokenFiles

if TYPE_CHECKING:
    from service.doctor import Check

STYLE = {"ok": "", "lacks": "yellow", "fails": "bold red", "not tried": "dim"}
Quiet = Annotated[bool, typer.Option("--quiet", help="Only what is not well.")]


def doctor(
    ctx: typer.Context,
    *,
    config: Config = None,
    hub_url: HubUrl = None,
    namespace: Namespaces = None,
    token_file: TokenFiles = None,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Try everything that reads, and tell what to do about what does not work. Changes nothing, here or there."""
    from service.cli.examining import examine
    from service.cli.running import foreseen
    from service.doctor import Verdict

    with foreseen():
        checks = asyncio.run(
            examine(config=config, hub_url=hub_url, namespaces=namespace or [], token_files=token_file or [], log=log)
        )
    shown = [check for check in checks if not quiet or check.verdict in {Verdict.LACKS, Verdict.FAILS}]
    if wants_json(ctx, json):
        document({"ok": not _failing(checks), "checks": [_document(check) for check in shown]})
    elif shown:
        rows = [_row(check) for check in shown]
        table(("WHERE", "WHAT", "", "HOW IT IS"), rows, [STYLE[check.verdict] for check in shown])
        _advise(shown)
    else:
        say("All is well.")
    if _failing(checks):
        raise typer.Exit(Exit.FAILED)


def _advise(checks: Sequence["Check"]) -> None:
    """Print what to do; what is the same in several places is said once."""
    places: dict[tuple[str, str], list[str]] = {}
    for check in checks:
        if check.do:
            places.setdefault((check.what, check.do), []).append(check.subject)
    if places:
        say()
        say("What to do", "bold")
    for (what, do), subjects in places.items():
        say(f"  {what} ({', '.join(subjects)}): {do}")


def _failing(checks: Sequence["Check"]) -> bool:
    return any(check.verdict == "fails" for check in checks)


def _row(check: "Check") -> tuple[str, str, str, str]:
    verdict = "warning" if check.verdict == "lacks" else str(check.verdict)  # "clock lacks 95 s behind" is no sentence
    return (check.subject, check.what, verdict, check.says)


def _document(check: "Check") -> dict[str, str]:
    return {
        "subject": check.subject,
        "what": check.what,
        "verdict": str(check.verdict),
        "says": check.says,
        "do": check.do,
    }
