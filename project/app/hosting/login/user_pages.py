"""For administrators: the users of this server, and the audit log."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, request, url_for

from app import wording
from app.accounts import ROLES, audit
from app.accounts.directory import Directory
from app.accounts.invitations import HOURS
from app.accounts.models import User
from app.settings import Settings
from app.storage.budget import MB, Budget, Kept

from .. import actors
from . import forms
from .account_pages import require_person
from .browser_sessions import BrowserSessions

_EVENTS_A_PAGE = 50
_MAX_PAGE = 100_000


def blueprint(
    directory: Directory, sessions: BrowserSessions, settings: Settings
) -> Blueprint:
    """Create the routes of administrators.

    Parameters
    ----------
    directory : Directory
    sessions : BrowserSessions
    settings : Settings

    Returns
    -------
    flask.Blueprint
    """
    routes = Blueprint(
        "administration", __name__, template_folder="templates", url_prefix="/admin"
    )
    routes.before_request(require_person)
    routes.before_request(_require_administrator)
    routes.before_request(forms.check_form)

    def users_page(status: int = 200, **words) -> Response:
        budget = _budget()
        kept = budget.kept()
        return forms.page(
            "users.html",
            status,
            users=directory.users.all(),
            keeps=lambda user: _described(kept.get(f"user-{user.id}", Kept())),
            of_nobody=_described(kept.get("", Kept())),
            all_keep=_size(budget.used()),
            me=actors.current_actor().user,
            roles=ROLES,
            method=settings.login,
            hours=HOURS,
            wide=True,
            **words,
        )

    def with_link(user: User) -> Response:
        secret = directory.invitations.invite(user.id)
        link = url_for("login.invitation", secret=secret, _external=True)
        return users_page(link=link, invited=user.name)

    def changed(user_id: str, change) -> Response:
        """Change a user, and show all of them again, or the sentence that says why not."""
        if directory.users.get(user_id) is None:
            abort(404, "There is no such user.")
        try:
            done = change()
        except ValueError as error:
            return users_page(400, sentence=str(error))
        sessions.look_again()
        if not actors.logged_in():
            return require_person()
        return done if isinstance(done, Response) else users_page(done=done)

    @routes.get("/users")
    def users():
        return users_page()

    @routes.post("/users")
    def add():
        name, role = forms.entry("name"), forms.entry("role")
        try:
            user = directory.users.add(name, role)
        except ValueError as error:
            return users_page(400, sentence=str(error), new_name=name)
        _record("user added", user, role=role)
        if settings.login == "password":
            return with_link(user)
        return users_page(done=f"{user.name} may log in now, as {role}.")

    @routes.post("/users/<user_id>/invite")
    def invite(user_id: str):
        def change():
            if settings.login != "password":
                abort(404)
            user = directory.users.get(user_id)
            answer = with_link(user)
            _record("user invited", user)
            return answer

        return changed(user_id, change)

    @routes.post("/users/<user_id>/role")
    def role(user_id: str):
        def change():
            user = directory.users.set_role(user_id, forms.entry("role"))
            _record("role changed", user, role=user.role)
            return f"{user.name} is {user.role} now."

        return changed(user_id, change)

    @routes.post("/users/<user_id>/sessions")
    def end_sessions(user_id: str):
        def change():
            user = directory.users.get(user_id)
            directory.sessions.end_all(user.id)
            _record("session ended", user, which="all")
            return f"{user.name} is logged out everywhere."

        return changed(user_id, change)

    @routes.post("/users/<user_id>/disable")
    def disable(user_id: str):
        def change():
            user = directory.users.disable(user_id)
            _record("user disabled", user)
            return f"{user.name} can no longer log in."

        return changed(user_id, change)

    @routes.post("/users/<user_id>/enable")
    def enable(user_id: str):
        def change():
            user = directory.users.enable(user_id)
            _record("user enabled", user)
            return f"{user.name} can log in again."

        return changed(user_id, change)

    @routes.get("/audit")
    def events():
        asked = {
            name: request.args.get(name, "")[:300]
            for name in ("action", "user", "item")
        }
        page = request.args.get("page", "")[:7]
        number = int(page) if page.isascii() and page.isdecimal() else 1
        number = min(max(number, 1), _MAX_PAGE)
        found, count = directory.events.find(
            **asked, page=number - 1, size=_EVENTS_A_PAGE
        )
        return forms.page(
            "audit.html",
            events=found,
            count=count,
            actions=directory.events.actions(),
            asked=asked,
            number=number,
            pages=max(1, -(-count // _EVENTS_A_PAGE)),
            wide=True,
        )

    return routes


def _budget() -> Budget:
    return current_app.extensions["services"].limits.budget


def _described(kept: Kept) -> str:
    """Say how many tables and runs there are, and how large; never which."""
    if not kept.tables and not kept.runs:
        return "nothing"
    counts = wording.plural(kept.tables, "table"), wording.plural(kept.runs, "run")
    return f"{counts[0]} and {counts[1]}, {_size(kept.bytes)}"


def _size(n_bytes: int) -> str:
    return f"{wording.fixed(n_bytes / MB, 1)} MB"


def _require_administrator() -> None:
    if actors.current_actor().role != "administrator":
        abort(403, "This is for administrators of this server.")


def _record(action: str, user: User, **details) -> None:
    audit.record(
        actors.current_actor(), action, "user", user.id, user_name=user.name, **details
    )
