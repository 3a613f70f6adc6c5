"""A provider of OpenID Connect on loopback, which keeps the rules, or breaks one of them as a test wishes."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify, redirect, request
from werkzeug.serving import make_server

CLIENT, SECRET = "dashboard", "the client's secret"


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Provider:
    """The provider; its fields say who is there and what it does wrong.

    Attributes
    ----------
    person : dict
        The claims of whoever logs in.
    changes : dict
        Claims of the token that are not what they should be; None leaves one out.
    algorithm : str
        How tokens are signed.
    """

    def __init__(self):
        self.person: dict[str, Any] = {}
        self.changes: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.offered = ["RS256"]
        self.is_down = False
        self.requests: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self.renew_keys("first")
        self.forged = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signs_with_forged = False

    def renew_keys(self, name: str) -> None:
        """Sign with a new key from now on."""
        self.key_name = name
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @contextmanager
    def running(self):
        """Answer on loopback."""
        server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{server.port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield self
        server.shutdown()
        thread.join()
        server.server_close()

    @property
    def discovery_url(self) -> str:
        """Where a client finds everything else."""
        return f"{self.issuer}/.well-known/openid-configuration"

    def _app(self) -> Flask:
        app = Flask("provider")

        @app.before_request
        def fail():
            return ("down", 503) if self.is_down else None

        @app.get("/.well-known/openid-configuration")
        def discovery():
            return jsonify(
                issuer=self.issuer,
                authorization_endpoint=f"{self.issuer}/authorize",
                token_endpoint=f"{self.issuer}/token",
                jwks_uri=f"{self.issuer}/keys",
                id_token_signing_alg_values_supported=self.offered,
                code_challenge_methods_supported=["S256"],
            )

        @app.get("/keys")
        def keys():
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), True)
            named = {"kid": self.key_name, "use": "sig", "alg": "RS256"}
            return jsonify(keys=[{**public, **named}])

        @app.get("/authorize")
        def authorize():
            asked = request.args.to_dict()
            assert asked["code_challenge_method"] == "S256", "PKCE is required"
            code = secrets.token_hex(8)
            self._codes[code] = asked
            self.requests.append(asked)
            query = urlencode({"code": code, "state": asked["state"]})
            return redirect(f"{asked['redirect_uri']}?{query}")

        @app.post("/token")
        def token():
            asked = self._codes.pop(request.form["code"], None)
            credentials = request.authorization
            verifier = request.form.get("code_verifier", "").encode()
            digest = hashlib.sha256(verifier).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            right = (
                asked
                and credentials
                and (credentials.username, credentials.password) == (CLIENT, SECRET)
                and asked["redirect_uri"] == request.form["redirect_uri"]
                and asked["code_challenge"] == challenge
            )
            if not right:
                return jsonify(error="invalid_grant"), 400
            answer = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
            return jsonify(answer | {"id_token": self.id_token(asked["nonce"])})

        return app

    def id_token(self, nonce: str) -> str:
        """Return the token for a log-in, right or wrong as the test wishes."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
            **self.changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"kid": self.key_name, "alg": self.algorithm, "typ": "JWT"}
        if self.algorithm == "none":
            return f"{_part(header)}.{_part(claims)}."
        if self.algorithm == "HS256":
            return jwt.encode(claims, SECRET, "HS256", {"kid": self.key_name})
        key = self.forged if self.signs_with_forged else self.key
        return jwt.encode(claims, key, self.algorithm, {"kid": self.key_name})
