"""Tokens: secrets by which a program acts for somebody, for some actions, until they expire."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from sqlalchemy import delete, func, select, update

from app.storage.files import new_id

from . import keys
from .believed import Believed
from .database import Database
from .models import Token
from .texts import storable

PREFIX = "dash_"
MAX_TOKENS = 50
DAYS = (7, 30, 90, 365)
# What a token may be for, and the actions that each of them is made of.
SCOPES: dict[str, tuple[str, frozenset[str]]] = {
    "results": ("See tables and runs, without rows", frozenset({"look", "results"})),
    "rows": ("See rows of tables", frozenset({"rows"})),
    "score": ("Predict with models", frozenset({"score"})),
    "create": ("Upload tables and train models", frozenset({"create", "work"})),
    "delete": ("Delete tables and runs", frozenset({"delete"})),
    "share": ("Share tables and runs", frozenset({"share"})),
}
# How often the use of a token is noted.
_NOTED_SECONDS = 60.0
_MAX_NAME = 100


class Tokens:
    """The tokens of all users.

    Parameters
    ----------
    database : Database
    clock : callable
        Returns the seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time):
        self._database, self._clock = database, clock
        self._believed: Believed[Token] = Believed()

    def create(
        self, user_id: str, name: str, scopes: Collection[str], days: int
    ) -> str:
        """Create a token; return its secret, which is known to nobody afterwards.

        Parameters
        ----------
        user_id : str
            For whom it acts.
        name : str
            By which they tell it from others.
        scopes : collection of str
            Keys of `SCOPES`.
        days : int
            One of `DAYS`.

        Raises
        ------
        ValueError
            The sentence says what is missing.
        """
        name = name.strip()
        if not name or len(name) > _MAX_NAME or not name.isprintable():
            raise ValueError(
                f"Name the token, in 1 to {_MAX_NAME} characters, so that you know it again."
            )
        if not scopes or not set(scopes) <= set(SCOPES):
            raise ValueError("Choose what the token is for.")
        if days not in DAYS:
            raise ValueError("Choose when the token expires.")
        secret, now = keys.new_secret(), self._clock()
        with self._database.write() as session:
            session.execute(delete(Token).where(Token.expires <= now))
            mine = select(func.count()).select_from(Token)
            if session.scalar(mine.where(Token.user_id == user_id)) >= MAX_TOKENS:
                raise ValueError(
                    f"You have {MAX_TOKENS} tokens already: revoke one first."
                )
            session.add(
                Token(
                    hash=keys.hash_of(secret),
                    id=new_id(),
                    user_id=user_id,
                    name=name,
                    scopes=" ".join(sorted(scopes)),
                    created=now,
                    expires=now + days * 86_400,
                )
            )
        return PREFIX + secret

    def find(self, text: str) -> Token | None:
        """Return the token of a secret, with its user; None if it does not work."""
        secret = text.removeprefix(PREFIX)
        if not text.startswith(PREFIX) or not keys.is_secret(secret):
            return None
        hashed, now = keys.hash_of(secret), self._clock()
        token = self._believed.get(hashed, now) or self._read(hashed, now)
        if token is None or token.expires <= now or token.user.disabled:
            return None
        return token

    def of(self, user_id: str) -> list[Token]:
        """Return the tokens of a user that still work, the newest first."""
        mine = select(Token).where(Token.user_id == storable(user_id, 32))
        with self._database.read() as session:
            return list(
                session.scalars(
                    mine.where(Token.expires > self._clock()).order_by(
                        Token.created.desc()
                    )
                )
            )

    def revoke(self, user_id: str, token_id: str) -> bool:
        """Let a token of a user work no more; tell whether it was theirs."""
        with self._database.write() as session:
            revoked = session.execute(
                delete(Token).where(
                    Token.user_id == user_id, Token.id == storable(token_id, 32)
                )
            ).rowcount
        self.forget()
        return revoked > 0

    def forget(self) -> None:
        """Believe nothing that was read before: a user has changed."""
        self._believed.forget()

    def _read(self, hashed: str, now: float) -> Token | None:
        with self._database.read() as session:
            token = session.get(Token, hashed)
        if token is None:
            return None
        if token.used is None or now - token.used >= _NOTED_SECONDS:
            with self._database.write() as session:
                session.execute(
                    update(Token).where(Token.hash == hashed).values(used=now)
                )
            token.used = now
        self._believed.keep(hashed, token, now)
        return token


def actions(token: Token) -> frozenset[str]:
    """Return the actions that a token is for; a scope that an older version does not know counts for nothing."""
    known = (SCOPES[scope][1] for scope in token.scopes.split() if scope in SCOPES)
    return frozenset().union(*known)
