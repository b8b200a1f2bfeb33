"""The model behind every endpoint: it says back the words of its prompt, as many as it may, the same each time."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import pack
from zlib import crc32

DIMENSIONS = 8
LABELS = ("POSITIVE", "NEGATIVE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What the model said: its pieces, each a word with the space before it, and whether it was cut short."""

    pieces: tuple[str, ...]
    cut: bool
    prompt_tokens: int

    @property
    def text(self) -> str:
        """Return it in one."""
        return "".join(self.pieces)


def speak(prompt: str, *, most: int | None, stop: Sequence[str] = ()) -> Spoken:
    """Say the prompt's words back, `most` of them, up to the first that contains a stop sequence."""
    words = tuple(re.findall(r"\s*\S+", prompt))
    until = next((place for place, word in enumerate(words) if any(end in word for end in stop)), len(words))
    pieces = words[:until] if most is None else words[: min(until, most)]
    return Spoken(pieces=pieces, cut=len(pieces) < until, prompt_tokens=len(words))


def token_of(piece: str) -> int:
    """Return a number for a piece, as from a vocabulary."""
    return crc32(piece.encode()) % 50_000


def embed(text: str) -> list[float]:
    """Return a vector of length about 1, near none but that of the same text."""
    numbers = sha256(text.encode()).digest()[:DIMENSIONS]
    length = sum((number - 127.5) ** 2 for number in numbers) ** 0.5
    return [round((number - 127.5) / length, 6) for number in numbers]


def packed(vector: Sequence[float]) -> str:
    """Return a vector as base64 of 32-bit floats, little end first."""
    return b64encode(pack(f"<{len(vector)}f", *vector)).decode()


def classify(text: str) -> list[dict[str, str | float]]:
    """Return the labels with their scores, the highest first."""
    score = round(0.5 + crc32(text.encode()) % 1000 / 2001, 6)
    first = crc32(text.encode()) % 2
    return [{"label": LABELS[first], "score": score}, {"label": LABELS[1 - first], "score": round(1 - score, 6)}]


def similarity(one: str, other: str) -> float:
    """Return the cosine of two texts' vectors."""
    return round(sum(a * b for a, b in zip(embed(one), embed(other), strict=True)), 6)
