"""The colours and sizes of components and figures."""

from __future__ import annotations

# Distinct on light and dark and for colour-blind readers (after Okabe and Ito, 2008), in order of use.
SERIES = (
    "#3b82c4",
    "#d9730d",
    "#1f9d78",
    "#b65c9a",
    "#8a7d1a",
    "#5b6ee1",
    "#c2503f",
    "#4d9db0",
    "#7f6bb3",
    "#66924a",
    "#a8754b",
    "#80868f",
)
POSITIVE, NEGATIVE = SERIES[1], SERIES[0]
MUTED = "#80868f"
SEQUENTIAL = [[0.0, "rgba(59,130,196,0.06)"], [1.0, "rgba(59,130,196,0.6)"]]

MANTINE = {
    "primaryColor": "blue",
    "primaryShade": {"light": 9, "dark": 8},
    "autoContrast": True,
    "defaultRadius": "md",
    "fontFamily": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "headings": {"fontWeight": "650"},
}
