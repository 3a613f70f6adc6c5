"""Numbers, shares, durations, lists and names as text: the one place for sentences, tables, axes and hover texts.

The rules, which `assets/wording.js` follows in the browser and `ui.figures` on axes:

* thousands are separated by commas, a minus is U+2212 (as plotly writes it), ties round away from zero;
* a share has at most one decimal, '12.3 %' or '12 %'; what is not 0 or 1 never looks like 0 % or 100 %;
* what is not known is '–'.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

UNKNOWN = "–"
MINUS = "−"
_LARGEST, _SMALLEST = 1e15, 1e-4
# A unit, its seconds, and the smaller unit that follows it.
_UNITS = (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))
# What one says of a time that is only expected, and how far above it that is still said.
_SAID = (
    ("s", 1, (5, 10, 15, 20, 30, 40, 50)),
    ("min", 60, (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 50)),
    ("h", 3600, (1, 2, 3, 4, 6, 8, 12, 18, 24)),
)
_HALFWAY = 1.15
# Holds every digit of the largest float.
_EXACT = Context(prec=400)


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with a number of significant digits; whole digits are never dropped.

    Parameters
    ----------
    value : float or None
    digits : int
        Significant digits of a number that is not whole.

    Returns
    -------
    str
        Such as '12,345', '12.3', '0.0123' or '1.23e−7'; '–' if `value` is None, NaN or infinite.
    """
    if not _is_known(value):
        return UNKNOWN
    size = abs(value)
    if size >= _LARGEST or 0 < size < _SMALLEST:
        return _with_exponent(value, digits - 1)
    if float(value).is_integer():
        return fixed(value, 0)
    return fixed(value, max(0, digits - 1 - math.floor(math.log10(size))))


def fixed(value: float | None, decimals: int = 3) -> str:
    """Write a number with a fixed number of decimals, as scores in a table are.

    Parameters
    ----------
    value : float or None
    decimals : int

    Returns
    -------
    str
        Such as '0.988' or '−1,234.500'; '–' if `value` is None, NaN or infinite.
    """
    if not _is_known(value):
        return UNKNOWN
    return _with_minus(f"{_rounded(value, decimals):,f}")


def percent(share: float | None, decimals: int = 1, signed: bool = False) -> str:
    """Write a share in percent: one decimal, which is dropped where it is zero.

    Parameters
    ----------
    share : float or None
        From 0 to 1; a change may lie outside.
    decimals : int
        More than one only where the share is known that exactly.
    signed : bool
        Write a plus before a rise.

    Returns
    -------
    str
        Such as '12 %', '12.3 %', '< 0.1 %', '> 99.9 %' or '−4 %'; '–' if `share` is None, NaN or infinite.
    """
    if not _is_known(share):
        return UNKNOWN
    sign = MINUS if share < 0 else "+" if signed and share > 0 else ""
    rounded, smallest = _rounded(abs(100 * share), decimals), 10.0**-decimals
    if rounded == 0 and share:
        return f"{'<' if share > 0 else '>'} {sign}{fixed(smallest, decimals)} %"
    if rounded == 100 and abs(share) < 1:
        return f"{'>' if share > 0 else '<'} {sign}{fixed(100 - smallest, decimals)} %"
    return f"{sign}{_trimmed(f'{rounded:,f}')} %"


def points(difference: float | None, decimals: int = 1) -> str:
    """Write a difference of two shares in percentage points.

    Parameters
    ----------
    difference : float or None
        Of shares from 0 to 1.
    decimals : int

    Returns
    -------
    str
        Such as '1.2 percentage points'; '–' if `difference` is None, NaN or infinite.
    """
    if not _is_known(difference):
        return UNKNOWN
    return f"{_trimmed(fixed(100 * difference, decimals))} percentage points"


def seconds(value: float | None) -> str:
    """Write a duration in its largest unit, or its two largest.

    Parameters
    ----------
    value : float or None
        Seconds; a negative duration, as of a clock that was set back, counts as none.

    Returns
    -------
    str
        Such as '0.4 ms', '50 ms', '2.3 s', '42 s', '1 min 1 s', '2 h' or '1 d 4 h'; '–' if `value` is None, NaN or
        infinite.
    """
    if not _is_known(value):
        return UNKNOWN
    if value <= 0:
        return "0 s"
    if value < 0.00005:
        return "< 0.1 ms"
    if value < 0.9995:
        return f"{_brief(1000 * value)} ms"
    if value < 59.5:
        return f"{_brief(value)} s"
    for unit, size, smaller, step in _UNITS:
        # Rounded first, so that 59.9 minutes are an hour.
        rounded = int(_rounded(value / step, 0)) * step
        if rounded >= size:
            break
    whole, rest = divmod(rounded, size)
    return f"{number(whole)} {unit}" + (f" {rest // step} {smaller}" if rest else "")


def roughly(value: float | None) -> str:
    """Write a duration that is only expected: rounded to what one would say.

    Parameters
    ----------
    value : float or None
        Seconds.

    Returns
    -------
    str
        Such as 'about 5 s', 'about 40 s', 'about 4 min' or 'about 2 h'; '–' if `value` is None, NaN or infinite.
    """
    if not _is_known(value):
        return UNKNOWN
    for unit, size, steps in _SAID:
        for step in steps:
            if value <= step * size * _HALFWAY:
                return f"about {step} {unit}"
    return f"about {number(_rounded(value / 86_400, 0))} d"


def milliseconds(value: float | None) -> str:
    """Write a duration that was measured in milliseconds.

    Parameters
    ----------
    value : float or None
        Milliseconds.

    Returns
    -------
    str
        As `seconds` writes it.
    """
    return seconds(None if value is None else value / 1000)


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun.

    Parameters
    ----------
    count : int
    one, many : str
        The noun for one and for any other count; `many` is `one` with an s if not given.

    Returns
    -------
    str
        Such as '1 row' or '2,000 rows'.
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def listed(texts: Sequence[str], most: int | None = None, word: str = "and") -> str:
    """Write a list as a sentence has it.

    Parameters
    ----------
    texts : sequence of str
    most : int or None
        The largest number of names; the others are counted. None names all.
    word : str
        What stands before the last one.

    Returns
    -------
    str
        Such as 'a', 'a and b' or 'a, b and 2 more'; empty if there are no texts.
    """
    shown = list(texts[:most])
    if len(texts) > len(shown):
        shown.append(f"{number(len(texts) - len(shown))} more")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}"


def quoted(names: Sequence[str], most: int | None = 3) -> str:
    """Name some columns or classes in a sentence, in quotes and cut to 80 characters.

    Parameters
    ----------
    names : sequence of str
    most : int or None
        The largest number of names; the others are counted. None names all.

    Returns
    -------
    str
        Such as "'a', 'b' and 2 more".
    """
    return listed([f"'{shortened(str(name), 80)}'" for name in names], most)


def shortened(name: str, length: int = 40) -> str:
    """Cut a name that is too long.

    Parameters
    ----------
    name : str
    length : int
        The most characters, the ellipsis included.

    Returns
    -------
    str
    """
    return name if len(name) <= length else name[: length - 1] + "…"


def shortened_apart(names: Sequence[str], length: int = 40) -> list[str]:
    """Cut names that are too long, and number those that would then look the same.

    Parameters
    ----------
    names : sequence of str
    length : int
        The most characters of each.

    Returns
    -------
    list of str
        All different if `names` are.
    """
    short = [shortened(name, length) for name in names]
    for i, name in enumerate(short):
        position = 1
        while short[i] in short[:i]:
            position += 1
            end = f"… {position}"
            short[i] = name[: length - len(end)] + end
    return short


def _is_known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _rounded(value: float, decimals: int) -> Decimal:
    """Round half away from zero, as browsers do; Python's own format rounds half to even."""
    unit = Decimal(1).scaleb(-decimals)
    return Decimal(float(value)).quantize(unit, ROUND_HALF_UP, _EXACT)


def _with_minus(text: str) -> str:
    # No negative zero.
    return text.replace("-", MINUS if text.strip("-0.,") else "")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_exponent(value: float, decimals: int) -> str:
    exact = Decimal(float(value))
    # The rounding may carry: 9.999e15 is 1.00e16.
    rounded = exact.quantize(
        Decimal(1).scaleb(exact.adjusted() - decimals), ROUND_HALF_UP, _EXACT
    )
    exponent = rounded.adjusted()
    mantissa = f"{rounded.scaleb(-exponent, _EXACT):.{decimals}f}"
    return f"{mantissa}e{exponent:+d}".replace("-", MINUS)


def _brief(value: float) -> str:
    return _trimmed(fixed(value, 1)) if value < 9.95 else fixed(value, 0)
