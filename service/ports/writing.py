"""The writing port."""

from typing import Protocol

from service.ports.endpoints import Item
from statemachine.model import EndpointName


class Writer(Protocol):
    """Change endpoints. Not retried beyond what cannot have had an effect; exists only in act mode."""

    async def pause(self, name: EndpointName) -> Item:
        """Pause; return the document that came back."""
        ...

    async def resume(self, name: EndpointName) -> Item:
        """Resume; return the document that came back, or raise AlreadyRunning."""
        ...

    async def scale_to_zero(self, name: EndpointName) -> Item:
        """Scale to zero; return the document that came back."""
        ...
