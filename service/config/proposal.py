"""A first configuration, proposed from what was seen: it watches everything, touches nothing, and explains itself.

Groups are guessed from names. What a name says nothing about is protected, until somebody sorts it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from statemachine.model import EndpointName

PRODUCTION = frozenset({"prod", "production", "live", "prd"})
EXPERIMENTS = frozenset(
    {
        *("demo", "dev", "development", "eval", "evals", "exp", "experiment", "experiments", "lab", "labs", "poc"),
        *("playground", "qa", "research", "sandbox", "stage", "staging", "test", "testing", "tests", "tmp", "trial"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a proposal is made from: the endpoints of each namespace that could be read, and why the others could not.

    `token_files` names the file whose token read a namespace, where it was not HF_TOKEN or the saved login.
    """

    on: date
    hub_url: str | None
    endpoints: Mapping[str, Sequence[EndpointName]]
    closed: Mapping[str, str]
    token_files: Mapping[str, Path]


def propose(seen: Seen) -> str:
    """Return the text of a configuration file that can be used as it is."""
    head = [
        f"# Proposed by `lamplighter init` on {seen.on} from {_extent(seen)}.",
        "# It watches everything and touches nothing. Read it, mend it, then: lamplighter check-config --live",
        "",
        'mode = "observe"                  # observe: this process cannot write to Hugging Face | act',
        '# log = "sqlite:////var/lib/lamplighter/log.db"   # else in the XDG data directory',
        'listen = "127.0.0.1:8787"',
        '# public_url = "https://lamplighter.example.com"  # where people reach it, for links in messages',
        'settle = "15m"                    # after a start or a changed configuration: no act',
    ]
    if seen.hub_url:
        head.append(f"hub_url = {_text(seen.hub_url)}")
    return "\n".join([*head, "", *_namespaces(seen), "", *_groups(seen), "", *_LATER_STEPS]) + "\n"


def _extent(seen: Seen) -> str:
    """Say how much was seen, as a survey does: a namespace that holds nothing is no place where something is."""
    holding = [len(endpoints) for endpoints in seen.endpoints.values() if endpoints]
    empty = len(seen.endpoints) - len(holding)
    more = f"; {empty} more {'holds' if empty == 1 else 'hold'} none" if empty else ""
    return f"{_counted(sum(holding), 'endpoint')} in {_counted(len(holding), 'namespace')}{more}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _namespaces(seen: Seen) -> list[str]:
    lines = ["[namespaces]                      # a token_file each; without one HF_TOKEN or the saved login serves"]
    for name, endpoints in sorted(seen.endpoints.items()):
        path = seen.token_files.get(name)
        value = f"{{ token_file = {_text(str(path.resolve()))} }}" if path else "{}"
        lines.append(f"{_key(name)} = {value}  # {_counted(len(endpoints), 'endpoint')}")
    for name, sign in sorted(seen.closed.items()):
        place = _text(f"/run/secrets/{name}")
        lines.append(f"# {_key(name)} = {{ token_file = {place} }}  # {sign}: give it a token that may read it")
    return lines


def _groups(seen: Seen) -> list[str]:
    """Return groups that together hold every endpoint that was seen, and those of the namespaces that were not."""
    kinds: dict[str, list[str]] = {"production": [], "experiments": [], "unsorted": []}
    for namespace in sorted({*seen.endpoints, *seen.closed}):
        kind = kind_of(namespace)
        kinds[kind].append(f"{namespace}/*")
        if kind != "production":
            singles = [str(name) for name in seen.endpoints.get(namespace, ()) if kind_of(name.name) == "production"]
            kinds["production"] += sorted(singles)
    lines = ["# Groups are guessed from names: mend them. An endpoint in no group is never acted on."]
    for name, why in _WHY.items():
        if kinds[name]:
            lines += [f"[groups.{name}]", f"match = [{', '.join(map(_text, kinds[name]))}]", *why, ""]
    return lines[:-1]


def kind_of(name: str) -> str:
    """Return what the words of a name say: production wins; unsorted if none says anything."""
    words = set(re.split(r"[^a-z]+", name.lower()))
    if words & PRODUCTION:
        return "production"
    return "experiments" if words & EXPERIMENTS else "unsorted"


def _text(value: str) -> str:
    """Return a TOML string; TOML escapes as JSON does, and DEL besides."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


_WHY: Mapping[str, Sequence[str]] = {
    "production": (
        "protected = true                  # wins over every policy",
        '# managed_by = "terraform"        # who writes their documents',
        '# actors = ["terraform-ci"]       # edits by these are automation: no hold follows from them',
    ),
    "experiments": (),
    "unsorted": ("protected = true                  # until you have sorted them",),
}

_LATER_STEPS = (
    "# What could be put out. In observe mode `lamplighter plan` tells what it would do, and nothing is done.",
    "# [[policies]]",
    '# name = "old-experiments"',
    '# groups = ["experiments"]',
    '# when = { max_age = "12h" }',
    '# act = "scale_to_zero"           # wakes by itself: a wrong act costs a cold start | "pause"',
    '# warn = ["15m"]                  # before the act',
    '# resume_hold = "24h"             # a person brought it back: leave it alone',
    "",
    "# Whom to tell of what fails, is stuck or cannot be read.",
    "# [channels.ops]",
    '# command = ["/usr/local/bin/page-me"]           # gets the event on its standard input',
    "# [channels.hook]",
    '# url = "https://hooks.example.com/lamplighter"  # a webhook, signed as Standard Webhooks say',
    '# secret_file = "/run/secrets/lamplighter-hook"  # whsec_…',
    "# [alerts]",
    '# all = { channel = "ops" }',
)
