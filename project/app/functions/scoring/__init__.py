"""A trained model at work: new rows made to fit its schema, predicted, and compared with those it learned from."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "column_drift",
        "conformal",
        "conforming",
        "contract",
        "contract_check",
        "drift",
        "exporting",
        "few_rows",
        "labelled",
        "predicting",
        "reasons",
        "reference",
        "results",
        "sequential",
        "two_tables",
    ],
)
