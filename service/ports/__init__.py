"""What Lamplighter needs of Hugging Face, without saying how it is reached.

Reading and writing are two ports. In observe mode nothing that satisfies `Writer` is ever built: a write is then not
forbidden but impossible.
"""

from service.ports.activity import RequestCounts, Sample, Series
from service.ports.endpoints import Hardware, Identity, Item, Offer, Quota, Sweep
from service.ports.errors import (
    AlreadyRunning,
    Conflict,
    HubError,
    Invalid,
    NotFound,
    NoToken,
    Refused,
    Unauthorized,
    Unavailable,
    Unsent,
)
from service.ports.reading import Document, Inspector, Reader
from service.ports.writing import Writer

__all__ = [
    "AlreadyRunning",
    "Conflict",
    "Document",
    "Hardware",
    "HubError",
    "Identity",
    "Inspector",
    "Invalid",
    "Item",
    "NoToken",
    "NotFound",
    "Offer",
    "Quota",
    "Reader",
    "Refused",
    "RequestCounts",
    "Sample",
    "Series",
    "Sweep",
    "Unauthorized",
    "Unavailable",
    "Unsent",
    "Writer",
]
