"""What can be taken away from a run: its model, the code that repeats it, its card; one module each, in one table.

What makes a file is loaded when somebody asks for one.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "browser_file",
        "browser_model",
        "cards",
        "code",
        "contract_file",
        "model_zip",
        "registry",
        "table",
        "verification",
    ],
)
