"""What the tables of the configuration are made of: durations, names, and names of files."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from service.durations import parse_duration

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_A_SECRET = re.compile(r"(hf_|api_org_|whsec_)[A-Za-z0-9+/=]{20,}")  # pasted where its file should be named


class Table(BaseModel):
    """A table: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _of_a_file(path: Path) -> Path:
    """Refuse what names no file, and the secret itself in its place: paths stand in errors and in the log."""
    if _A_SECRET.fullmatch(str(path)):
        raise ValueError("this is a secret itself: write it into a file, and name the file here")
    if "\0" in str(path):
        raise ValueError("this cannot be the name of a file")
    return path


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
File = Annotated[Path, AfterValidator(_of_a_file)]
Identifier = Annotated[str, Field(pattern=_NAME)]
