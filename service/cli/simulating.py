"""`lamplighter simulate`: Hugging Face's API, faked faithfully, to point a daemon or the official client at."""

from typing import Annotated

import typer

from service.cli.exits import Exit, Stop

FASTEST = 1e6  # a year in half a minute: beyond that a clock soon has no more years


def _list_scenarios(wanted: bool) -> None:
    if wanted:
        from service.simulator.scenario import bundled

        for name, description in bundled().items():
            print(f"{name}  {description}")
        raise typer.Exit


def simulate(
    *,
    port: Annotated[int, typer.Option("--port", metavar="N", help="Where to listen, on loopback.", min=0, max=65535)],
    speed: Annotated[float, typer.Option("--speed", metavar="X", help="So many times as fast as real time.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="All chance is drawn from it.")] = 0,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="FILE", help="Begin with this world: a TOML file, or a bundled one's name."),
    ] = None,
    day: Annotated[bool, typer.Option("--day", help="Let the demo's day of endpoint life happen there.")] = False,
    _scenarios: Annotated[
        bool, typer.Option("--scenarios", is_eager=True, callback=_list_scenarios, help="List the bundled scenarios.")
    ] = False,
) -> None:
    """Serve a simulated Hugging Face until Ctrl-C. A token hf_NAME is the user NAME, who owns the namespace NAME."""
    if not 0 < speed <= FASTEST:
        raise Stop(f"--speed {speed:g} cannot be: give more than 0, and at most {FASTEST:g}", Exit.USAGE)
    import asyncio

    from service.simulator import CannotListen, serve
    from service.simulator.scenario import ScenarioError, load

    try:
        world = None if scenario is None else load(scenario)
    except ScenarioError as error:
        raise Stop(str(error), Exit.USAGE) from error
    try:
        asyncio.run(serve(port=port, speed=speed, seed=seed, day=day, scenario=world))
    except CannotListen as error:
        raise Stop(str(error)) from error
