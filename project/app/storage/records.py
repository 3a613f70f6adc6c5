"""Records on disk: JSON that becomes frozen dataclasses, whichever version of the code wrote it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args, get_type_hints

import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

Record = TypeVar("Record")


def read(kind: type[Record], content: Mapping[str, Any]) -> Record:
    """Make a dataclass of the JSON object that `plain` made of it, now or in another version.

    A field that the class does not have is ignored; one that the JSON does not have takes its default. A score that
    is null is NaN.

    Raises
    ------
    ValueError
        A field without a default is missing, or a value has a type that it never had.
    """
    try:
        return _CONVERTER.structure(content, kind)
    except (cattrs.BaseValidationError, KeyError, TypeError) as error:
        raise ValueError(f"This is no {kind.__name__}: {error}") from None


def plain(value: Any) -> Any:
    """Return a dataclass, or what holds some, as dicts and lists; an optional part that is not there is left out.

    Arrays stay as they are: `files.write_json` writes them.
    """
    return _CONVERTER.unstructure(value)


def _overrides(kind: type) -> dict[str, Any]:
    """How the fields of a dataclass differ from their JSON.

    A name that would be a keyword of Python, such as ``from_``, has no underscore there. A field that is another
    dataclass or None is left out where it is None by default.
    """
    types = get_type_hints(kind)
    return {
        field.name: override(
            rename=field.name.rstrip("_"),
            omit_if_default=field.default is None
            and any(map(dataclasses.is_dataclass, get_args(types[field.name]))),
        )
        for field in dataclasses.fields(kind)
    }


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook_factory(
        dataclasses.is_dataclass,
        lambda kind: make_dict_structure_fn(kind, converter, **_overrides(kind)),
    )
    converter.register_unstructure_hook_factory(
        dataclasses.is_dataclass,
        lambda kind: make_dict_unstructure_fn(kind, converter, **_overrides(kind)),
    )
    converter.register_structure_hook(
        float, lambda value, _: float("nan") if value is None else float(value)
    )
    converter.register_structure_hook_func(_is_as_in_json, lambda value, _: value)
    return converter


def _is_as_in_json(kind: Any) -> bool:
    # The sequences are long, and read to be drawn: nobody needs them copied value by value.
    return kind in _AS_IN_JSON


_AS_IN_JSON = (Sequence[float], Sequence[Sequence[float]], float | str | None)
_CONVERTER = _make_converter()
