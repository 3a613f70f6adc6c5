"""Amounts as people write them: a currency, a percent sign or a unit beside digits, and signs in every place."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

_CURRENCIES = (
    *(r"US\$", r"R\$", r"A\$", r"C\$", r"HK\$", r"NZ\$", r"S\$", r"Rs\.?"),
    *("kr", "zł", "Kč", "Ft", "лв", "руб", r"Fr\.", "[$€£¥₹₽₩₺₪฿₫₴₦₱¢]"),
    *("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "AUD", "CAD", "NZD", "SEK"),
    *("NOK", "DKK", "PLN", "CZK", "HUF", "RUB", "TRY", "BRL", "MXN", "ZAR", "KRW"),
    *("SGD", "HKD"),
)
_CURRENCY = "|".join(_CURRENCIES)
# What may follow digits that have a currency before them already.
_MULTIPLES = ("k", "K", "M", "m", "B", "bn", "Mio", "Mio.", "Mrd", "Mrd.")
# Units that may stand right after the digits; other words need a space, for 12A is a seat.
_TIGHT_UNITS = (
    *("kg", "mg", "µg", "μg", "g", "t", "lb", "lbs", "oz", "km", "cm", "mm", "µm"),
    *("nm", "m", "ft", "mi", "m²", "m2", "m³", "m3", "km²", "km2", "ha", "ml", "mL"),
    *("cl", "l", "L", "km/h", "mph", "m/s", "h", "hrs", "min", "s", "sec", "ms"),
    *("kB", "KB", "MB", "GB", "TB", "Hz", "kHz", "MHz", "GHz", "W", "kW", "MW", "kWh"),
    *("MWh", "V", "mV", "mA", "Ah", "mAh", "°", "°C", "°F", "K", "px", "pt", "hPa"),
    *("bar", "cc", "hp", "PS", "x", *_MULTIPLES, "mg/dL", "bhp"),
    *("kmpl", "CC", "%", "‰", ".-"),
)
_AMOUNT = (
    r"^(?P<open>\(?)(?P<sign>[-+]?) ?"
    rf"(?P<before>{_CURRENCY})? ?(?P<late_sign>-?)(?P<open_late>\(?)"
    r"(?P<core>\d(?:[\d.,' ]*[\d.,])?(?:[eE][-+]?\d+)?|[.,]\d+)"
    rf"(?P<gap> *)(?P<after>{_CURRENCY}|[%‰]|[^\d\s().,'+\-<>=:;/\"][^\d()]{{0,15}}?(?:[23²³])?)?"
    r" ?(?P<minus>-?)(?P<close>\)?)$"
)
_GROUPED = r"^\d{1,3}([ ']\d{3})+([.,]\d*)?$"
_INDIAN = r"^\d{1,2}(,\d{2})+,\d{3}(\.\d+)?$"
_EMPTY = pa.scalar("", pa.large_string())


@dataclass(frozen=True)
class Amounts:
    """What is left of texts when everything around the digits is taken away.

    Attributes
    ----------
    cores : pyarrow.Array of large_string
        A sign and digits with their marks; null where a text is no amount.
    units : pyarrow.Array of large_string
        The unit of each, '' where there is none.
    parentheses : bool
        Whether some are in parentheses, which makes them negative.
    grouped : bool
        Whether spaces or apostrophes stand between thousands, so that any other mark is a decimal one.
    indian : bool
        Whether commas stand as in 12,34,567.
    """

    cores: pa.Array
    units: pa.Array
    parentheses: bool
    grouped: bool
    indian: bool


def amounts_of(values: pa.Array) -> Amounts:
    """Take apart texts that may be amounts.

    Parameters
    ----------
    values : pyarrow.Array of large_string, of length n
        Without nulls.

    Returns
    -------
    Amounts
        Its arrays have length n.
    """
    plain = pc.replace_substring_regex(values, "[\u00a0\u2007\u2009\u202f]", " ")
    plain = pc.replace_substring_regex(plain, "[−–﹣-]", "-")
    plain = pc.replace_substring_regex(plain, "[’´`]", "'")
    parts = pc.extract_regex(plain, _AMOUNT)
    opened = _either(parts, "open", "open_late")
    closed = _filled(parts, "close")
    fits = pc.and_(parts.is_valid(), pc.equal(opened, closed))
    fits = pc.and_(fits, _tight_enough(parts))
    units = pc.utf8_trim_whitespace(_part(parts, "before"))
    after = pc.utf8_trim_whitespace(_part(parts, "after"))
    is_multiple = pc.is_in(after, value_set=pa.array(_MULTIPLES, pa.large_string()))
    both = pc.and_(
        pc.greater(pc.utf8_length(units), 0), pc.greater(pc.utf8_length(after), 0)
    )
    fits = pc.and_(fits, pc.or_(pc.invert(both), is_multiple))
    units = pc.binary_join_element_wise(units, after, _EMPTY)
    cores = pc.utf8_trim_whitespace(_part(parts, "core"))
    grouped, indian = _matches(cores, _GROUPED), _matches(cores, _INDIAN)
    cores = pc.if_else(grouped, pc.replace_substring_regex(cores, "[ ']", ""), cores)
    cores = pc.if_else(indian, pc.replace_substring(cores, ",", ""), cores)
    negative = pc.or_(_either(parts, "late_sign", "minus"), opened)
    signs = pc.if_else(negative, "-", _part(parts, "sign"))
    twice = pc.and_(negative, _filled(parts, "sign"))
    fits = pc.and_(fits, pc.invert(twice))
    cores = pc.binary_join_element_wise(
        pc.cast(signs, pa.large_string()), cores, _EMPTY
    )
    return Amounts(
        pc.if_else(fits, cores, pa.scalar(None, pa.large_string())),
        units,
        bool(pc.any(pc.and_(opened, fits)).as_py()),
        bool(pc.any(pc.and_(grouped, fits)).as_py()),
        bool(pc.any(pc.and_(indian, fits)).as_py()),
    )


def _part(parts: pa.StructArray, name: str) -> pa.Array:
    return pc.fill_null(pc.struct_field(parts, name), "").cast(pa.large_string())


def _filled(parts: pa.StructArray, name: str) -> pa.Array:
    return pc.greater(pc.utf8_length(_part(parts, name)), 0)


def _either(parts: pa.StructArray, one: str, other: str) -> pa.Array:
    return pc.or_(_filled(parts, one), _filled(parts, other))


def _matches(values: pa.Array, pattern: str) -> pa.Array:
    return pc.match_substring_regex(values, pattern)


def _tight_enough(parts: pa.StructArray) -> pa.Array:
    known = pc.or_(
        pc.is_in(
            _part(parts, "after"), value_set=pa.array(_TIGHT_UNITS, pa.large_string())
        ),
        _matches(_part(parts, "after"), f"^({_CURRENCY})?$"),
    )
    return pc.or_(known, _filled(parts, "gap"))
