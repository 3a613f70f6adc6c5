"""The budget for the size of the image and of the first page: `budget.json`, plus at most 5 %."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.image.layers import Layer, own_layers  # noqa: E402

FILE = Path(__file__).with_name("budget.json")
TOLERANCE = 1.05
SMALL_PLOTLY = "plotly/package_data/plotly-cartesian.min.js"
RENEW = (
    "Make it smaller or, if it is worth that, run project/bin/image budget and commit "
    f"{FILE.relative_to(FILE.parents[3])}."
)
# Each measurement in words, with its unit.
NAMES = {
    "image_mb": ("The image, without its base,", "MB"),
    "first_load_kb": ("The first page on the wire", "kB"),
    "first_load_full_kb": ("The first page on the wire, with all of plotly.js,", "kB"),
}


def check(name: str, measured: float) -> str:
    """Compare what was measured with the budget.

    Parameters
    ----------
    name : {"image_mb", "first_load_kb", "first_load_full_kb"}
    measured : float

    Returns
    -------
    str
        A sentence with both numbers.

    Raises
    ------
    ValueError
        It is more than 5 % above the budget; the message has both numbers.
    """
    budget = json.loads(FILE.read_text())[name]
    what, unit = NAMES[name]
    said = f"{what} has {measured:,.1f} {unit}; the budget is {budget:,.1f} {unit}"
    if measured > TOLERANCE * budget:
        percent = 100 * (measured / budget - 1)
        raise ValueError(f"{said}, so it grew by {percent:.1f} %. {RENEW}")
    return f"{said}."


def renew(**measured: float) -> None:
    """Write measurements into the budget; the others stay as they are.

    Parameters
    ----------
    **measured : float
        By the names that `check` takes.
    """
    old = json.loads(FILE.read_text()) if FILE.exists() else {}
    new = old | {name: round(value, 1) for name, value in measured.items()}
    FILE.write_text(json.dumps(new, indent=2) + "\n")


def image_mb(layers: list[Layer]) -> float:
    """Return the megabytes of an image's own layers.

    Parameters
    ----------
    layers : list of Layer

    Returns
    -------
    float
    """
    return sum(layer.size for layer in layers) / 1e6


def which_plotly(layers: list[Layer]) -> str:
    """Say which plotly.js an image's pages load, which a build from a cache does not print.

    Parameters
    ----------
    layers : list of Layer

    Returns
    -------
    str
    """
    if any(name.endswith(SMALL_PLOTLY) for layer in layers for name in layer.sizes):
        return "Its pages load the small plotly.js."
    return (
        "ITS PAGES LOAD ALL OF PLOTLY.JS, 0.7 MB more: the small one could not be fetched. "
        "The build's log says why; to try again, build with --no-cache."
    )


def main() -> None:
    """Check or renew the image's size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("check", "renew"))
    parser.add_argument("archive", type=Path, help="what `docker save` writes")
    arguments = parser.parse_args()
    try:
        layers = own_layers(arguments.archive)
        size = image_mb(layers)
        if arguments.what == "renew":
            renew(image_mb=size)
        print(check("image_mb", size), which_plotly(layers))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
