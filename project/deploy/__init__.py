"""Deploys images to Cloud Run and rolls them back; needs only Python's standard library."""

import shlex


class DeployError(Exception):
    """Something that a person has to fix; the message says what is wrong and what to do."""


def by_hand(sentence: str, arguments: list[str]) -> str:
    """Return a sentence and the gcloud command it asks for, on a line of its own: to copy, and as code in Markdown."""
    return f"{sentence}\n\n    {shlex.join(['gcloud', *arguments])}\n"
