"""What every error is: a problem detail of RFC 9457."""

import msgspec


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and what to do: a problem detail (RFC 9457).

    `status` is the code of the answer. `detail` is the sentence, and so is `error`. `fields` are the places in what was
    sent that it is about.
    """

    type: str
    title: str
    status: int
    detail: str
    error: str
    instance: str | msgspec.UnsetType = msgspec.UNSET
    fields: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class Refusal(Error, frozen=True, kw_only=True):
    """A command was not done: notAllowed, cannotApply, unfit, keyTaken, rejected or givenUp.

    `intent` is where it came to be one; `code` and `body` are Hugging Face's own, unchanged, where it said no.
    """

    outcome: str
    intent: str | msgspec.UnsetType = msgspec.UNSET
    code: int | msgspec.UnsetType = msgspec.UNSET
    body: str | msgspec.UnsetType = msgspec.UNSET
