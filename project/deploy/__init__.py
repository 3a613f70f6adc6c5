"""Deploys images to Cloud Run and rolls them back; needs only Python's standard library."""


class DeployError(Exception):
    """Something that a person has to fix; the message says what is wrong and what to do."""
