"""Words that have an order of their own, such as low, medium and high."""

from __future__ import annotations

from collections.abc import Collection

MIN_RANKS = 3
MAX_WORDS = 16


def _scale(text: str) -> dict[str, int]:
    """Return the rank of each word: ranks are separated by commas, words of one rank by slashes."""
    ranks = [part.split("/") for part in text.split(",")]
    return {word.strip(): rank for rank, words in enumerate(ranks) for word in words}


# The likelier first: 'medium' is a size and a level.
SCALES = tuple(
    map(
        _scale,
        (
            "lowest, very low/vlow, low, medium/med/mid/moderate/average, high, very high/vhigh, "
            "highest/critical/urgent",
            "xxs, xs/extra small/x-small, s/small, m/medium, l/large, xl/extra large/x-large, xxl/2xl/xx-large, "
            "xxxl/3xl",
            "very poor, poor/po, fair/fa/below average, average/typical/ta/ok/okay, good/gd, very good, excellent/ex",
            "fair, good, very good, premium, ideal",
            "bad, medium/average/acceptable/acc, good, very good/vgood",
            "strongly disagree, disagree, somewhat disagree/slightly disagree, "
            "neutral/undecided/neither agree nor disagree/no opinion, somewhat agree/slightly agree, agree, "
            "strongly agree",
            "very dissatisfied, dissatisfied, somewhat dissatisfied, neutral/neither satisfied nor dissatisfied, "
            "somewhat satisfied, satisfied, very satisfied",
            "very unlikely, unlikely, neutral/possible, likely, very likely",
            "never, rarely/seldom/hardly ever, sometimes/occasionally, often/frequently/usually, always",
            "none/absent, mild/light/slight, moderate, severe, critical/fatal",
            "minor, moderate, major, critical",
            "negative, neutral, positive",
            "freezing, cold, cool, mild, warm, hot",
            "beginner, intermediate, advanced, expert",
            "trainee/intern, junior, mid/middle/intermediate, senior, lead/principal",
            "bronze, silver, gold, platinum, diamond",
            "first/1st, second/2nd, third/3rd, fourth/4th, fifth/5th, sixth/6th",
            "child, teenager/adolescent/youth, adult, senior/elderly",
            "primary, secondary, tertiary",
            "morning, noon/midday, afternoon, evening, night",
            "q1/1st quarter, q2/2nd quarter, q3/3rd quarter, q4/4th quarter",
            "monday/mon, tuesday/tue/tues, wednesday/wed, thursday/thu/thur/thurs, friday/fri, saturday/sat, "
            "sunday/sun",
            "january/jan, february/feb, march/mar, april/apr, may, june/jun, july/jul, august/aug, september/sep/sept, "
            "october/oct, november/nov, december/dec",
            "montag/mo, dienstag/di, mittwoch/mi, donnerstag/do, freitag/fr, samstag/sa/sonnabend, sonntag/so",
            "januar/jan/jänner, februar/feb, märz/mrz/mär, april/apr, mai, juni/jun, juli/jul, august/aug, "
            "september/sep/sept, oktober/okt, november/nov, dezember/dez",
            "sehr niedrig/sehr gering, niedrig/gering, mittel/mäßig, hoch, sehr hoch",
            "sehr klein, klein, mittel, groß, sehr groß",
            "sehr schlecht, schlecht, mittel/befriedigend/ausreichend, gut, sehr gut",
            "nie, selten, manchmal, oft/häufig, immer",
            "lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche",
            "janvier, février, mars, avril, mai, juin, juillet, août, septembre, octobre, novembre, décembre",
            "faible/bas, moyen/moyenne, élevé/haut/élevée",
            "lunes, martes, miércoles, jueves, viernes, sábado, domingo",
            "enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre",
            "bajo/baja, medio/media, alto/alta",
        ),
    )
)


def scale_of(words: Collection[str]) -> dict[str, int]:
    """Return the ranks of the words of a scale that has all of these.

    Parameters
    ----------
    words : collection of str
        Upper and lower case are alike.

    Returns
    -------
    dict of str to int
        By word in lower case; empty where no scale has all of them.
    """
    if not 0 < len(words) <= MAX_WORDS:
        return {}
    wanted = {_plain(word) for word in words}
    return next((scale for scale in SCALES if wanted <= scale.keys()), {})


def in_order(words: Collection[str]) -> tuple[str, ...]:
    """Return words in their order, if they have one.

    Parameters
    ----------
    words : collection of str
        Distinct.

    Returns
    -------
    tuple of str
        Empty unless all words belong to one scale and have at least three different ranks.
    """
    scale = scale_of(words)
    ranks = {word: scale[_plain(word)] for word in words} if scale else {}
    if len(set(ranks.values())) < MIN_RANKS:
        return ()
    return tuple(sorted(ranks, key=ranks.get))


def rank(word: str, scale: dict[str, int]) -> float:
    """Return the rank of a word in a scale; NaN where it has none.

    Parameters
    ----------
    word : str
    scale : dict of str to int
        As `scale_of` returns it.

    Returns
    -------
    float
    """
    return float(scale.get(_plain(word), "nan"))


def _plain(word: str) -> str:
    return " ".join(str(word).split()).lower()
