"""A client that calls the callbacks of a report through HTTP, as its page or a stranger would."""

from __future__ import annotations

from typing import Any


class Report:
    """A report behind a Flask test client.

    Parameters
    ----------
    client : flask.testing.FlaskClient
    name : str
    """

    def __init__(self, client, name: str):
        self._client = client
        self._path = f"/reports/{name}/"
        assert client.get(self._path).status_code == 200
        self._callbacks = client.get(f"{self._path}_dash-dependencies").json

    def answer(self, output: str, **values: Any):
        """Call the callback of `output`, such as 'prices.children'; return the whole answer.

        The values are those of the inputs and states with these ids; the others are None.
        """
        callback = next(
            one
            for one in self._callbacks
            if output in _names(one["output"]) and not one["clientside_function"]
        )

        def given(dependencies: list[dict]) -> list[dict]:
            return [one | {"value": values.get(one["id"])} for one in dependencies]

        outputs = [
            dict(zip(("id", "property"), name.rsplit(".", 1)))
            for name in _names(callback["output"])
        ]
        several = callback["output"].startswith("..")
        body = {
            "output": callback["output"],
            "outputs": outputs if several else outputs[0],
            "inputs": given(callback["inputs"]),
            "state": given(callback["state"]),
            "changedPropIds": [],
        }
        return self._client.post(f"{self._path}_dash-update-component", json=body)

    def ask(self, output: str, **values: Any) -> dict[str, dict[str, Any]]:
        """Return the properties that the callback sets, by id."""
        answer = self.answer(output, **values)
        assert answer.status_code in (200, 204), answer.text
        return answer.json["response"] if answer.status_code == 200 else {}


def _names(output: str) -> list[str]:
    return output.strip(".").split("...") if output.startswith("..") else [output]


def words(part: Any) -> str:
    """Return all texts of a component given as JSON."""
    if isinstance(part, dict):
        return words(part.get("props", {}).get("children"))
    if isinstance(part, list):
        return " ".join(filter(None, map(words, part)))
    return "" if part is None else str(part)


def find(part: Any, wanted: str) -> dict | None:
    """Return the properties of the component with an id; None if there is none."""
    if isinstance(part, list):
        return next(filter(None, (find(one, wanted) for one in part)), None)
    if not isinstance(part, dict):
        return None
    props = part.get("props", {})
    return props if props.get("id") == wanted else find(props.get("children"), wanted)
