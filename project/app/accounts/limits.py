"""What one visitor may take of what others need: whom limits are for, and how a refusal is told."""

from __future__ import annotations

import ipaddress

from .actors import Actor


class TooMany(Exception):
    """One visitor has asked for more than one may have; its text is a sentence that says when to come back.

    Parameters
    ----------
    sentence : str
    seconds : int
        After how many seconds it is worth another try.
    """

    def __init__(self, sentence: str, seconds: int):
        super().__init__(sentence)
        self.seconds = seconds


def is_limited(actor: Actor) -> bool:
    """Tell whether limits are for this actor: not for the server itself, nor for the machine that it runs on.

    Parameters
    ----------
    actor : Actor
    """
    if actor.user:
        return True
    try:
        return not ipaddress.ip_address(actor.address).is_loopback
    except ValueError:  # no address: nobody sent a request
        return False
