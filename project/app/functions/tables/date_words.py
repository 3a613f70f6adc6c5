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


# Hours ahead of UTC. Names of several zones, such as IST, are not among them; CST and BST hardly mean another.
_ZONES = {
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6},
    **{"pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "bst": 1},
    **{"wet": 0, "west": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2},
    **{"eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9, "aest": 10},
    **{"aedt": 11, "nzst": 12, "nzdt": 13},
}


def hours_ahead(zone: str) -> int | None:
    """Return by how many hours a time zone is ahead of UTC.

    Parameters
    ----------
    zone : str
        Its name, such as CET.

    Returns
    -------
    int or None
        None where the name is not known.
    """
    return _ZONES.get(zone.lower())
