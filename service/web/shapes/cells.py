"""What single fields of an answer can be."""

from datetime import datetime
from typing import Annotated

import msgspec

Json = msgspec.Raw
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
