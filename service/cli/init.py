"""`lamplighter init`: a commented configuration for day one, made from what the token sees. It writes no file."""

import asyncio

import typer

from service.cli.exits import Stop
from service.cli.printing import warn
from service.cli.survey import HubUrl, Namespaces, TokenFiles


def init(
    *,
    hub_url: HubUrl = None,
    namespace: Namespaces = None,
    token_file: TokenFiles = None,
) -> None:
    """Print a configuration that watches all that a token sees and touches nothing; > lamplighter.toml keeps it."""
    from service.cli.reaching import look_around
    from service.config.proposal import Seen, propose

    survey = asyncio.run(look_around(hub_url, token_file or [], namespace or [], bare=True))
    for remark in survey.remarks:
        warn(f"! {remark}")
    for closed in survey.closed:
        warn(f"! {closed.namespace} unreadable: {closed.sign}. It stands in the file as a comment. {closed.error}")
    if not survey.namespaces:
        raise Stop("no namespace could be read: there is nothing to make a configuration from")
    endpoints = {
        name: [found.name for found in survey.found if found.name.namespace == name] for name in survey.namespaces
    }
    seen = Seen(
        on=survey.at.date(),
        hub_url=hub_url,
        endpoints=endpoints,
        closed={closed.namespace: closed.sign for closed in survey.closed},
        token_files={name: path for name, path in survey.namespaces.items() if path is not None and path.is_file()},
    )
    typer.echo(propose(seen), nl=False)
