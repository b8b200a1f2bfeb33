"""The writing port."""

from collections.abc import Mapping
from typing import Any, Protocol

from service.ports.endpoints import Item
from statemachine.model import EndpointName


class Writer(Protocol):
    """Change endpoints. Not retried beyond what cannot have had an effect; exists only in act mode.

    A document with a mark in it (`<masked>`) is Unsent: it would overwrite the value that the mark hides.
    """

    async def pause(self, name: EndpointName) -> Item:
        """Pause; return the document that came back."""
        ...

    async def resume(self, name: EndpointName) -> Item:
        """Resume; return the document that came back, or raise AlreadyRunning."""
        ...

    async def scale_to_zero(self, name: EndpointName) -> Item:
        """Scale to zero; return the document that came back."""
        ...

    async def create(self, namespace: str, document: Mapping[str, Any]) -> Item:
        """Create an endpoint; return the document that came back, or raise Conflict: its name is in use.

        Sent once, whatever happens. After Unavailable nobody knows whether it was created: look.
        """
        ...

    async def update(self, name: EndpointName, document: Mapping[str, Any]) -> Item:
        """Change what a partial document names; return the document that came back."""
        ...

    async def delete(self, name: EndpointName) -> None:
        """Delete an endpoint. A look may still see it for a moment after."""
        ...
