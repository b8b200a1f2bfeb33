"""Subscribers of people's own: a command or a web address that gets the events of the log, each with its own cursor.

They write nothing to Hugging Face, and so work in observe mode, too.
"""

from service.hooks.hook import Hook
from service.hooks.hooks import Hooks
from service.hooks.port import Parcel, Receiver

__all__ = ["Hook", "Hooks", "Parcel", "Receiver"]
