"""Prints which fields and values of a JSON text the Monitoring API does not know; run by gcloud's own Python.

Usage: PYTHON api_fields.py FOLDER_OF_GCLOUD VERSION MESSAGE < JSON
"""

import importlib
import json
import sys


def unknown(message, path):
    """Yield every field, and every value of an enumeration, that gcloud's definition of the API does not have."""
    for name in message.all_unrecognized_fields():
        yield f"{path}.{name}"
    for field in message.all_fields():
        value = getattr(message, field.name)
        for item in value if isinstance(value, list) else [value]:
            if hasattr(item, "all_unrecognized_fields"):
                yield from unknown(item, f"{path}.{field.name}")


def main(root, version, name):
    """Print one unknown field a line."""
    sys.path[:0] = [f"{root}/lib", f"{root}/lib/third_party"]
    encoding = importlib.import_module("apitools.base.py.encoding")
    messages = importlib.import_module(
        f"googlecloudsdk.generated_clients.apis.monitoring.{version}.monitoring_{version}_messages"
    )
    message = encoding.DictToMessage(json.load(sys.stdin), getattr(messages, name))
    for path in unknown(message, name):
        print(path)


main(*sys.argv[1:])
