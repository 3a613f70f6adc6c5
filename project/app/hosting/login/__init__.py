"""Logging in: its pages, and who is recognised by a session, a token or a proxy.

All of it loads on first use: while login is off, none of it is imported.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "account_pages",
        "browser_sessions",
        "forms",
        "installation",
        "limits",
        "password_pages",
        "provider_pages",
        "proxy",
        "return_address",
        "user_pages",
    ],
)
# What somebody who is not logged in may ask for.
PUBLIC_ENDPOINTS = frozenset(
    {
        "login.show",
        "login.log_in",
        "login.ask_to_leave",
        "login.leave",
        "login.invitation",
        "login.accept",
        "login.to_provider",
        "login.from_provider",
    }
)
