"""Why something could not be done, in words for people: without numbers, and without the path that is told anyway."""


class CannotListen(Exception):
    """The address cannot be had, though it is one: somebody else listens there, or it is none of this machine."""


def told_why(error: Exception) -> str:
    """Return the reason alone: `No such file or directory`, and not `[Errno 2] No such file or directory: 'x'`."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or str(error) or type(error).__name__
