"""The tables of accounts. What changes here needs a migration in `migrations/versions`, which may only add."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Double,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# SQLite counts up by itself in a column of this type only.
_COUNTER = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """What all tables are registered with. Times are seconds since 1970."""

    type_annotation_map = {float: Double}


class User(Base):
    """Somebody with an account.

    `key` is the name as it is compared, `password` a hash. `issuer` and `subject` are who somebody is for a provider.
    `role_from` is ``"here"`` if an administrator gave the role, ``"groups"`` if the provider's groups did.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("issuer", "subject", name="uq_users_identity"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(400), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    role_from: Mapped[str] = mapped_column(String(20), server_default="here")
    password: Mapped[str | None] = mapped_column(Text)
    issuer: Mapped[str | None] = mapped_column(String(400))
    subject: Mapped[str | None] = mapped_column(String(400))
    disabled: Mapped[bool] = mapped_column(default=False)
    created: Mapped[float]
    last_login: Mapped[float | None]


class Invitation(Base):
    """A link by which somebody chooses a password, once."""

    __tablename__ = "invitations"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    created: Mapped[float]
    expires: Mapped[float]
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Login(Base):
    """A session: one browser in which somebody is logged in. `id` names it on pages, and opens nothing."""

    __tablename__ = "logins"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    created: Mapped[float]
    seen: Mapped[float]
    address: Mapped[str] = mapped_column(String(100))
    agent: Mapped[str] = mapped_column(String(300))
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Token(Base):
    """A secret by which a program acts for somebody; `scopes` are words with blanks between them."""

    __tablename__ = "tokens"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[str] = mapped_column(String(400))
    created: Mapped[float]
    expires: Mapped[float]
    used: Mapped[float | None]
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class AuditEvent(Base):
    """One event of the audit log; `details` is JSON."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(_COUNTER, primary_key=True)
    time: Mapped[float] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(100), index=True)
    user: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(300))
    item_kind: Mapped[str] = mapped_column(String(100))
    item: Mapped[str] = mapped_column(String(300))
    details: Mapped[str] = mapped_column(Text)
