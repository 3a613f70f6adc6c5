"""Models as bytes, and back, in the format of skops."""

from __future__ import annotations

import skops.io


def model_to_bytes(model) -> bytes:
    """Return a fitted estimator as the bytes of a skops file.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    bytes

    References
    ----------
    https://skops.readthedocs.io/en/stable/persistence.html
    """
    return skops.io.dumps(model)


def model_from_bytes(content: bytes):
    """Return the estimator that `model_to_bytes` wrote.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    estimator

    Raises
    ------
    ValueError
        The file names a type that is neither scikit-learn's nor ours; nothing of it is loaded.
    """
    unknown = [
        name
        for name in skops.io.get_untrusted_types(data=content)
        if not name.startswith(("app.functions.", "sklearn.", "numpy.", "pandas."))
    ]
    if unknown:
        raise ValueError(
            f"The model file holds types that are not trusted: {', '.join(unknown)}."
        )
    return skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))
