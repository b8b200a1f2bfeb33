"""What of Lamplighter's surroundings works, seen by trying it; and what to do about the rest. It writes nothing.

`machine` looks at this computer, `account` at what each namespace's token may do. What was not tried is said to be so.
"""

from service.doctor.account import examine_namespace
from service.doctor.findings import Check, Verdict
from service.doctor.machine import clock, disk, file_system, proxies, sqlite, token_file

__all__ = [
    "Check",
    "Verdict",
    "clock",
    "disk",
    "examine_namespace",
    "file_system",
    "proxies",
    "sqlite",
    "token_file",
]
