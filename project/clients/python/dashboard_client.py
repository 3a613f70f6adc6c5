"""A client for Dashboard's API in one file; it needs nothing but Python's standard library.

Written from the description of the API by project/bin/client: do not change it here.

    dashboard = Dashboard("http://localhost:8050", token="dash_…")
    table = dashboard.upload("sales.csv")
    run = dashboard.wait(dashboard.start_run(table["id"], target="sold")["id"])
    dashboard.predict(run["id"], [{"month": "May", "price": 3}])
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

_PREFIX = "/api/v1"
_PART_BYTES = 8388608
_TRIES = 5


class Problem(Exception):
    """What the server refuses; its text is a sentence that says why.

    Attributes
    ----------
    status : int
        Of HTTP.
    errors : list of dict
        What is wrong with which part of the request: 'pointer' and 'detail'.
    retry_after : int or None
        After how many seconds it is worth another try.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: list[dict[str, str]],
        retry_after: int | None,
    ):
        super().__init__(detail)
        self.status, self.errors = status, errors
        self.retry_after = retry_after


class Dashboard:
    """A server of Dashboard.

    Parameters
    ----------
    server : str
        Its address.
    token : str, optional
        Of your account; none where nobody logs in.
    timeout : float
        How many seconds to wait for an answer.
    """

    def __init__(
        self,
        server: str = "http://localhost:8050",
        token: str | None = None,
        timeout: float = 150,
    ):
        self.server = server.rstrip("/")
        self._token, self._timeout = token, timeout
        # Without login a cookie tells that it was you who made a table or a run.
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    # ---- More than one request

    def upload(self, file: str | Path) -> Any:
        """Upload a table of any size, in parts if it is large; return its profile."""
        path = Path(file)
        size = path.stat().st_size
        if size <= _PART_BYTES:
            return self.upload_dataset(path.read_bytes(), name=path.name)
        body = {"name": path.name, "size": size}
        begun = self._ask("POST", "/api/uploads", body)
        with open(path, "rb") as content:
            for number in range(begun["n_parts"]):
                part = content.read(begun["part_bytes"])
                address = f"/api/uploads/{begun['id']}/parts/{number}"
                self._ask("PUT", address, part)
        kept = self._ask("POST", f"/api/uploads/{begun['id']}/finish")
        return self.get_dataset(kept["dataset"])

    def wait(self, run_id: str, seconds: float = 3600) -> Any:
        """Wait until a run has ended; return it, or raise TimeoutError."""
        deadline = time.monotonic() + seconds
        while (run := self.get_run(run_id))["state"] in ("queued", "running"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Run {run_id} is still {run['state']}.")
            time.sleep(1)
        return run

    # ---- One request each

    def list_datasets(
        self,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Any:
        """List your tables.

        Returns
        -------
        datasets : list[Any]
        """
        query = {"limit": limit, "offset": offset}
        path = _PREFIX + "/datasets"
        return self._ask("GET", path, query=query)

    def upload_dataset(
        self,
        content: bytes,
        name: str | None = None,
    ) -> Any:
        """Upload a table.

        Returns
        -------
        id : str
        name : str
        created : float
            Seconds since 1970.
        rows : int
        notes : list[Any]
            How its file was read, as sentences.
        duplicate_rows : int
        missing_cells : int
        suggested_target : str
        columns : list[Any]
        """
        body = content
        query = {"name": name}
        path = _PREFIX + "/datasets"
        return self._ask("POST", path, body, query=query)

    def delete_dataset(
        self,
        dataset_id: str,
    ) -> Any:
        """Delete a table."""
        path = _PREFIX + f"/datasets/{_quoted(dataset_id)}"
        return self._ask("DELETE", path)

    def get_dataset(
        self,
        dataset_id: str,
    ) -> Any:
        """Get the profile of a table.

        Returns
        -------
        id : str
        name : str
        created : float
            Seconds since 1970.
        rows : int
        notes : list[Any]
            How its file was read, as sentences.
        duplicate_rows : int
        missing_cells : int
        suggested_target : str
        columns : list[Any]
        """
        path = _PREFIX + f"/datasets/{_quoted(dataset_id)}"
        return self._ask("GET", path)

    def list_runs(
        self,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Any:
        """List your runs.

        Returns
        -------
        runs : list[Any]
        """
        query = {"limit": limit, "offset": offset}
        path = _PREFIX + "/runs"
        return self._ask("GET", path, query=query)

    def start_run(
        self,
        dataset: str,
        target: str | None = None,
        task: str | None = None,
        columns: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
    ) -> Any:
        """Start a training.

        Returns
        -------
        id : str
        state : str
        message : str
        created : float
            Seconds since 1970, as the other times.
        started : float
        finished : float
        progress : Any
        dataset : Any
        target : str
        task : str
        best : str
            The best model in cross-validation.
        """
        body = {
            "dataset": dataset,
            "target": target,
            "task": task,
            "columns": columns,
            "options": options,
        }
        path = _PREFIX + "/runs"
        return self._ask("POST", path, body)

    def delete_run(
        self,
        run_id: str,
    ) -> Any:
        """Delete a run, and end it if it is active."""
        path = _PREFIX + f"/runs/{_quoted(run_id)}"
        return self._ask("DELETE", path)

    def get_run(
        self,
        run_id: str,
    ) -> Any:
        """Get a run and how far it is.

        Returns
        -------
        id : str
        state : str
        message : str
        created : float
            Seconds since 1970, as the other times.
        started : float
        finished : float
        progress : Any
        dataset : Any
        target : str
        task : str
        best : str
            The best model in cross-validation.
        """
        path = _PREFIX + f"/runs/{_quoted(run_id)}"
        return self._ask("GET", path)

    def cancel_run(
        self,
        run_id: str,
    ) -> Any:
        """Cancel a run; models that are finished stay.

        Returns
        -------
        id : str
        state : str
        message : str
        created : float
            Seconds since 1970, as the other times.
        started : float
        finished : float
        progress : Any
        dataset : Any
        target : str
        task : str
        best : str
            The best model in cross-validation.
        """
        path = _PREFIX + f"/runs/{_quoted(run_id)}/cancel"
        return self._ask("POST", path)

    def check(
        self,
        run_id: str,
        rows: list[Any],
    ) -> Any:
        """Check up to 10,000 rows against what the models have learned from.

        Returns
        -------
        run : str
        rows : int
        usable : int
            How many can be predicted.
        problems : list[Any]
        failed : list[Any]
        """
        body = {"rows": rows}
        path = _PREFIX + f"/runs/{_quoted(run_id)}/check"
        return self._ask("POST", path, body)

    def explain(
        self,
        run_id: str,
        rows: list[Any],
        model: str | None = None,
    ) -> Any:
        """Predict up to 100 rows, with the columns that move each prediction most.

        Returns
        -------
        run : str
        model : str
        target : str
        task : str
        classes : list[Any]
        method : str
            What the effects measure.
        explanations : list[Any]
        failed : list[Any]
        problems : list[Any]
        """
        body = {"rows": rows}
        query = {"model": model}
        path = _PREFIX + f"/runs/{_quoted(run_id)}/explain"
        return self._ask("POST", path, body, query=query)

    def predict(
        self,
        run_id: str,
        rows: list[Any],
        model: str | None = None,
        threshold: float | None = None,
    ) -> Any:
        """Predict up to 10,000 rows.

        Returns
        -------
        run : str
        model : str
        target : str
        task : str
        threshold : float
        classes : list[Any]
        predictions : list[Any]
        failed : list[Any]
            Rows without a prediction.
        problems : list[Any]
        """
        body = {"rows": rows}
        query = {"model": model, "threshold": threshold}
        path = _PREFIX + f"/runs/{_quoted(run_id)}/predict"
        return self._ask("POST", path, body, query=query)

    def get_results(
        self,
        run_id: str,
    ) -> Any:
        """Get the scores of a run's models, as far as they are finished.

        Returns
        -------
        run : str
        metric : dict[str, Any]
            What the scores measure.
        best : str
        models : list[Any]
        classes : list[Any]
        n_train : int
        n_test : int
        notes : list[Any]
        """
        path = _PREFIX + f"/runs/{_quoted(run_id)}/results"
        return self._ask("GET", path)

    def get_result(
        self,
        run_id: str,
        model: str,
    ) -> Any:
        """Get how good a model is, and what the checks say of it.

        Returns
        -------
        model : str
        label : str
        cv_mean : float
            On the folds.
        cv_std : float
        holdout : float
            On rows that no model had seen.
        holdout_low : float
            The ends of its 95 % interval.
        holdout_high : float
        fit_seconds : float
        error : str
            Why it could not be trained.
        run : str
        metrics : dict[str, Any]
            On the holdout, at a threshold of 0.5.
        confusion : list[Any]
            Of classes: rows of the holdout by actual class, then by predicted class, at a threshold of 0.5.
        verdict : str
        against : str
            What guessing would do.
        caution : str
        findings : list[Any]
            Problems and cautions of the checks.
        """
        path = _PREFIX + f"/runs/{_quoted(run_id)}/results/{_quoted(model)}"
        return self._ask("GET", path)

    def get_schema(
        self,
        run_id: str,
    ) -> Any:
        """Get the columns that a run's models take, with the values that they have seen.

        Returns
        -------
        run : str
        target : str
        task : str
        classes : list[Any]
        columns : list[Any]
        """
        path = _PREFIX + f"/runs/{_quoted(run_id)}/schema"
        return self._ask("GET", path)

    # ---- How a request is sent

    def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
    ) -> Any:
        for left in reversed(range(_TRIES)):
            try:
                return self._ask_once(method, path, body, query or {})
            except Problem as problem:
                # Too many at once, or busy: the server says when to come back.
                if problem.retry_after is None or problem.retry_after > 60 or not left:
                    raise
                time.sleep(problem.retry_after)

    def _ask_once(
        self, method: str, path: str, body: Any, query: dict[str, Any]
    ) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        address = self.server + path
        if given:
            address += "?" + urllib.parse.urlencode(given)
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        content = None
        if isinstance(body, bytes):
            content, headers["Content-Type"] = body, "application/octet-stream"
        elif body is not None:
            content, headers["Content-Type"] = _json(body), "application/json"
        elif method != "GET":
            content = b""
        request = urllib.request.Request(address, content, headers, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise _problem(error) from None
        return json.loads(text) if text else None


def _quoted(part: str) -> str:
    return urllib.parse.quote(part, safe="")


def _json(body: Any) -> bytes:
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if value is not None}
    return json.dumps(body).encode()


def _problem(error: urllib.error.HTTPError) -> Problem:
    try:
        said = json.loads(error.read())
    except ValueError:
        said = {}
    detail = said.get("detail") or said.get("error") or f"The server said {error.code}."
    after = error.headers.get("Retry-After", "")
    seconds = int(after) if after.isdecimal() else None
    return Problem(error.code, detail, said.get("errors", []), seconds)
