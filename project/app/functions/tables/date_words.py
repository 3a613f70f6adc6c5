"""Names of months and weekdays as tables in European languages have them."""

from __future__ import annotations

import unicodedata

_MONTHS = (
    "jan january januar janner janvier janv enero ene gennaio gen janeiro januari",
    "feb february februar fevrier fevr febrero febbraio fevereiro fev februari",
    "mar march marz mrz mars marzo marco maart mrt mae",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei maj",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august aout agosto ago augustus augusti",
    "sep sept september septembre septiembre settembre set setembro",
    "oct october oktober okt octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dezember dez decembre diciembre dic dicembre dezembro",
)
MONTHS = {
    name: number
    for number, names in enumerate(_MONTHS, start=1)
    for name in names.split()
}
_WEEKDAYS = (
    "mon tue wed thu fri sat sun mo di mi do fr sa so lun mar mer jeu ven sam dim mi[eé] jue "
    "vie s[aá]b dom seg ter qua qui sex ma wo vr za zo montag dienstag mittwoch donnerstag"
)
WEEKDAY = rf"(?i:(?:{'|'.join(_WEEKDAYS.split())})\pL{{0,8}}\.?,? +)?"


def month_of(name: str) -> int | None:
    """Return the number of a month.

    Parameters
    ----------
    name : str
        Whole or abbreviated, in any case, with or without accents.

    Returns
    -------
    int or None
        From 1 to 12; None where `name` is no month.
    """
    apart = unicodedata.normalize("NFD", name.lower())
    return MONTHS.get("".join(c for c in apart if not unicodedata.combining(c)))
