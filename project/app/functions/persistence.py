"""Tables and models as bytes, and back: Parquet for tables, skops for models."""

from __future__ import annotations

import io

import pandas as pd
import skops.io


def table_to_bytes(frame: pd.DataFrame) -> bytes:
    """Return `frame` as the bytes of a Parquet file.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)

    Returns
    -------
    bytes
    """
    buffer = io.BytesIO()
    frame.to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def table_from_bytes(content: bytes, columns: list[str] | None = None) -> pd.DataFrame:
    """Return the table that `table_to_bytes` wrote.

    Parameters
    ----------
    content : bytes
    columns : list of str, optional
        Only these columns are read.

    Returns
    -------
    DataFrame
    """
    return pd.read_parquet(io.BytesIO(content), engine="pyarrow", columns=columns)


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
    return skops.io.loads(
        content, trusted=skops.io.get_untrusted_types(data=content)
    )
