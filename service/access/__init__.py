"""Who may ask, and what: roles in namespaces, the tokens that carry them, and what wrong ones cost."""

from service.access.failures import Failures, party
from service.access.own import LOOPBACK, host_and_port, load_token, spell
from service.access.roles import ANYBODY, EVERYWHERE, NOBODY, OWNER, Caller, Grant, Role
from service.access.tokens import MOST, AlreadyNamed, Made, Tokens, TooMany, Unnamed

__all__ = [
    "ANYBODY",
    "EVERYWHERE",
    "LOOPBACK",
    "MOST",
    "NOBODY",
    "OWNER",
    "AlreadyNamed",
    "Caller",
    "Failures",
    "Grant",
    "Made",
    "Role",
    "Tokens",
    "TooMany",
    "Unnamed",
    "host_and_port",
    "load_token",
    "party",
    "spell",
]
