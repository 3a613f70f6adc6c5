"""Everything that brings an image to Cloud Run and takes it back; nothing but Python's own library is needed."""


class DeployError(Exception):
    """Something that a person has to put right; its text is a sentence that says what, and how."""
