"""Removes what production never opens from a virtual environment, and prints what that saves: `trim.py ENVIRONMENT`.

Licences stay, and so does all that a report may import: plotly.express, graph_objects, the readers of pandas.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

# Patterns below the installed packages, and why they are not needed.
UNUSED = {
    # Of tests and development.
    "**/tests": "tests",
    "joblib/test": "tests",
    "dash/testing": "tests of Dash apps",
    "dash/dash_table/*.[0-9]*.js*": "tests, built",
    "dash/dash_table/commons.js": "of those tests",
    "dash/dash_table/runtime.js": "of those tests",
    "dash/dash_table/demo.js": "a demonstration",
    "dash/dash_table/index.html": "a demonstration",
    "**/*.map": "source maps, for those who debug the libraries",
    "**/*.dev.js": "development bundles",
    "dash/deps/react*[0-9].js": "development bundles; the .min.js ones are served",
    "dash/deps/prop-types*[0-9].js": "development bundles",
    "dash/deps/react*@16*": "Dash serves React 18.3",
    "dash/deps/react*@18.2*": "Dash serves React 18.3",
    "dash/*/metadata.json": "from it Dash's developers generate its classes",
    "**/*.pyi": "type hints of compiled modules, for editors",
    # Of compiling against a package.
    "**/*.pyx": "Cython sources",
    "**/*.pxd": "Cython declarations",
    "**/*.pxi": "Cython parts",
    "**/*.tp": "Cython templates",
    "**/*.h": "C headers",
    "**/*.hpp": "C++ headers",
    "**/*.c": "C sources",
    "**/*.cc": "C++ sources",
    "**/*.cpp": "C++ sources",
    "**/*.a": "static libraries",
    "**/meson.build": "build files",
    "pyarrow/include": "C++ headers",
    "pyarrow/src": "C++ sources",
    "numpy/_core/include": "C headers",
    "setuptools": "builds packages",
    "setuptools-*.dist-info": "as above",
    "_distutils_hack": "as above",
    "distutils-precedence.pth": "as above",
    # Of Jupyter.
    "plotly/labextension": "JupyterLab",
    "plotly/package_data/widgetbundle.js": "JupyterLab",
    "dash/labextension": "JupyterLab",
    "dash/nbextension": "JupyterLab",
    # Parts of Arrow that talk to servers; nothing here does.
    "pyarrow/libarrow_flight*": "Flight RPC",
    "pyarrow/libarrow_python_flight*": "Flight RPC",
    "pyarrow/_flight*": "Flight RPC",
    "pyarrow/libarrow_s3*": "Amazon S3",
    "pyarrow/_s3fs*": "Amazon S3",
    "pyarrow/libarrow_python.so": "what compilers link against; a second copy of libarrow_python.so.*",
    "pyarrow/libarrow_python_parquet_encryption.so": "as above",
    # Pictures to classify.
    "sklearn/datasets/images": "two photographs",
}
# Outside the installed packages.
UNUSED_ELSEWHERE = {"share/jupyter": "JupyterLab", "etc/jupyter": "JupyterLab"}
# A wheel has no links, so these are copies; the loader asks for the short name.
COPIES = "pyarrow/*.so.*.*.*"


def main(environment: Path) -> None:
    """Remove unused files, and print how much that saves."""
    (packages,) = environment.glob("lib/python3*/site-packages")
    before = weight(environment)
    for folder, unused in ((packages, UNUSED), (environment, UNUSED_ELSEWHERE)):
        for pattern in unused:
            found = list(folder.glob(pattern))
            if not found:
                print(f"trim: nothing is called {pattern} any more")
            for path in found:
                remove(path)
    for path in packages.glob(COPIES):
        path.unlink()
    print(f"trim: {before / 1e6:.1f} MB became {weight(environment) / 1e6:.1f} MB")


def remove(path: Path) -> None:
    """Remove a file or folder; another pattern may have removed it with its folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def weight(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(
        os.lstat(os.path.join(parent, name)).st_size
        for parent, _, names in os.walk(folder)
        for name in names
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
