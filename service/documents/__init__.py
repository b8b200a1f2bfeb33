"""What an endpoint's document is made of when it is written; without any way to send one, and quick to import.

The command line, the client and the endpoint object make documents of the official client's keywords here.
"""

from service.documents.keywords import Creation, Terms, Update
from service.documents.payload import create_document, update_document

__all__ = ["Creation", "Terms", "Update", "create_document", "update_document"]
