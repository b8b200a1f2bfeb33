"""How the simulated API says no. Each carries the status code that it is answered with.

SimulatorError
├── Invalid       400  the values, or the act in this status, make no sense
├── Unauthorized  401  no token, or a bad one
├── Forbidden     403  this token may not do that in this namespace
├── Unknown       404  no such endpoint, as far as this caller can see
├── Taken         409  the name is in use
├── Malformed     422  the document breaks the schema
├── Broken        500  the API itself failed, because a fault says so
└── Unbuilt       501  what is asked for is not enabled
"""

from typing import ClassVar


class SimulatorError(Exception):
    """The base of all refusals; its text is what `{"error": …}` says."""

    code: ClassVar[int] = 500


class Invalid(SimulatorError):
    """The values, or the act in this status, make no sense."""

    code = 400


class Unauthorized(SimulatorError):
    """There is no token, or it is a bad one."""

    code = 401


class Forbidden(SimulatorError):
    """The token is good, but not for this."""

    code = 403


class Unknown(SimulatorError):
    """There is no such endpoint, as far as this caller can see."""

    code = 404


class Taken(SimulatorError):
    """The name is in use."""

    code = 409


class Malformed(SimulatorError):
    """The document breaks the schema."""

    code = 422


class Broken(SimulatorError):
    """The API failed by itself."""

    code = 500


class Unbuilt(SimulatorError):
    """What is asked for is not enabled."""

    code = 501
