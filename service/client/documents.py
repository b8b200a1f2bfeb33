"""What may be sent back of a document that was read: nothing of which the true value is not shown."""

from typing import cast

from service.client.link import Json
from service.masking import find_marks


def present_image(document: Json) -> Json:
    """Return the image that an endpoint has now, to be sent back with a change; refuse one with what is not shown."""
    image = (document.get("model") or {}).get("image") or {}
    inner = next(iter(image.values()), None) or {}
    if "credentials" in inner or find_marks(image):
        raise ValueError(
            f"Endpoint {document.get('name')!r} runs an image of which not all is shown: to send it back would "
            "overwrite what is hidden. Give the full custom_image to set the parallel sizes."
        )
    return cast("Json", image)


def sendable(document: Json) -> Json:
    """Return the document; refuse one that would write a mark over the value that it hides."""
    if marks := find_marks(document):
        raise ValueError(
            f"{', '.join(marks)} is masked in what was to be sent, and would overwrite the true value; nothing was "
            "sent: leave it out, or give its true value"
        )
    return document
