"""Which role a column plays in a table (number, category, text, identifier, …), by rules that give their reason."""

from __future__ import annotations

import numpy as np

from .column_names import words_of
from .columns import YEARS, Facts, short_label_of
from .ordinals import MAX_WORDS, in_order

ROLES = (
    *("number", "category", "ordered", "boolean"),
    *("date", "text", "identifier", "constant"),
)
ROLE_LABELS = {
    "number": "Number",
    "category": "Category",
    "ordered": "Ordered category",
    "boolean": "Yes/no",
    "date": "Date",
    "text": "Text",
    "identifier": "Identifier",
    "constant": "Constant",
}
ROLES_FOR_TRAINING = ("number", "category", "ordered", "boolean", "date", "text")

YES_NO_PAIRS = tuple(
    frozenset(pair.split("/"))
    for pair in (
        *("yes/no", "true/false", "y/n", "t/f", "1/0", "on/off"),
        *("ja/nein", "j/n", "wahr/falsch", "oui/non", "o/n", "vrai/faux"),
        *("sí/no", "si/no", "s/n", "verdadero/falso", "sì/no", "vero/falso"),
        *("sim/não", "sim/nao", "verdadeiro/falso", "ja/nee", "waar/onwaar"),
        *("ja/nej", "ja/nei", "kyllä/ei", "tak/nie", "t/n", "prawda/fałsz"),
        *("ano/ne", "áno/nie", "igen/nem", "da/nu", "da/ne", "да/нет", "да/не"),
        *("так/ні", "ναι/όχι", "evet/hayır", "はい/いいえ", "是/否", "예/아니요"),
    )
)
MAX_FEW_LEVELS = 50
MAX_FEW_SHARE = 0.05
# With fewer rows, that all values differ says nothing.
MIN_ROWS_TO_BE_DISTINCT = 20

_DISTINCT_SHARE = 0.99
_NEARLY_ALL = 0.98
_MIN_WORDS_OF_TEXT = 3
# Enough levels to know how long the texts are; all of them would take long.
_LEVELS_LOOKED_AT = 1_000
_ID_WORDS = {"id", "ids", "uuid", "guid", "identifier"}
# What is counted or measured may come sorted and be different in each row, and is no identifier for that.
_QUANTITY_WORDS = set(
    "year years jahr année annee año anno ano jaar rok age alter pay salary wage wages income revenue revenu gehalt "
    "lohn umsatz salaire salario price cost costs sales amount total value profit preis kosten betrag menge population "
    "einwohner weight height width length depth size area distance speed gewicht höhe breite länge fläche duration "
    "runtime seconds minutes hours days months temp temperature score points count quantity qty units rating".split()
)
# Whole numbers with such a name tell things apart and count nothing.
_CODE_WORDS = set(
    "code codes type kind class subclass category cat group cluster segment sector zone region district "
    "department dept branch store shop channel route line gate zip plz postcode status sex gender race "
    "ethnicity marital occupation industry model brand carrier vendor supplier terminal station platform "
    "version typ art klasse gruppe kategorie filiale abteilung geschlecht linie".split()
)
_CODE_ENDINGS = ("class", "type", "code", "category")
_LAST_WORDS_OF_IDS = {"key", "code", "number", "no", "nr", "ref", "reference", "hash"}


def recognise_role(facts: Facts) -> tuple[str, str]:
    """Say which role a column plays, and why.

    The first rule that fits decides:

    - *constant*: at most one distinct value;
    - *boolean*: truth values, or two values that form a pair such as yes/no, true/false, 0/1;
    - *date*: dates;
    - *identifier*: at least 99 % distinct texts without spaces; whole numbers that are all different and
      number the rows, unless they are years or their name is that of a quantity, or whose name says that they
      identify something; more than 50 distinct values in a column whose name contains 'id';
    - *number*: numbers;
    - *ordered*: texts that are words of one scale, such as low, medium and high;
    - *category*: at most 50 distinct texts, or distinct texts for at most 5 % of the rows, and fewer of them
      than half the rows;
    - *text*: at least 3 words on average, or mostly distinct and with spaces;
    - *category* with many values: any other text.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    role : str
        One of `ROLES`.
    reason : str
        A sentence with the number that decided; another one if nearly all rows have the same value.
    """
    for rule in (_constant, _boolean, _date, _identifier, _number, _ordered):
        found = rule(facts)
        if found:
            break
    role, reason = found or _category_or_text(facts)
    return role, reason + _near_constant(facts)


def _near_constant(facts: Facts) -> str:
    if facts.distinct < 2 or facts.present < MIN_ROWS_TO_BE_DISTINCT:
        return ""
    most = facts.most_frequent(1)[0]
    share = facts.counts[most] / facts.present
    if share < _NEARLY_ALL:
        return ""
    others = facts.present - int(facts.counts[most])
    rows = "1 row differs" if others == 1 else f"{others:,} rows differ"
    value = short_label_of(facts.levels[most])
    return f" Nearly all values are '{value}': only {rows}."


def _constant(facts: Facts) -> tuple[str, str] | None:
    if facts.distinct > 1:
        return None
    if facts.distinct == 0:
        return "constant", f"All {facts.rows:,} values are missing."
    value = short_label_of(facts.levels[0])
    if facts.missing:
        return (
            "constant",
            f"The only value is '{value}'; {facts.missing:,} of {facts.rows:,} rows have none.",
        )
    return "constant", f"All {facts.rows:,} values are '{value}'."


def _boolean(facts: Facts) -> tuple[str, str] | None:
    if facts.distinct != 2:
        return None
    labels = sorted(short_label_of(level) for level in facts.levels)
    pair = frozenset(label.strip().lower() for label in labels)
    if pair not in YES_NO_PAIRS:
        return None
    return "boolean", f"2 distinct values: {labels[0]} and {labels[1]}."


def _date(facts: Facts) -> tuple[str, str] | None:
    if facts.kind != "date":
        return None
    return "date", f"Dates with {_distinct(facts)}."


def _identifier(facts: Facts) -> tuple[str, str] | None:
    words = words_of(facts.name)
    named_id = not _ID_WORDS.isdisjoint(words)
    if facts.kind == "integer":
        found = _integer_identifier(facts, named_id, words)
    elif facts.kind == "text" and _are_distinct_codes(facts):
        found = f"{_distinct(facts)}, none with a space."
    else:
        found = None
    if found is None and named_id and _is_named_reference(facts):
        found = f"The name says so, and it has {_distinct(facts)}."
    return ("identifier", found[0].upper() + found[1:]) if found else None


def _integer_identifier(facts: Facts, named_id: bool, words: list[str]) -> str | None:
    if facts.distinct < facts.present:
        return None
    if named_id or (words and words[-1] in _LAST_WORDS_OF_IDS):
        return f"The name says so, and all {facts.present:,} values differ."
    if not _QUANTITY_WORDS.isdisjoint(words):
        return None
    if facts.present >= MIN_ROWS_TO_BE_DISTINCT and _number_rows(facts.numbers()):
        return f"Whole numbers that number the rows: all {facts.present:,} differ."
    return None


def _number_rows(numbers: np.ndarray) -> bool:
    low, high, n = numbers.min(), numbers.max(), len(numbers)
    if YEARS[0] <= low <= high <= YEARS[1]:
        return False
    # Numbers that count up may have gaps, where rows were left out; in any order they may hardly have any.
    span = high - low
    steps = np.diff(numbers)
    counts_up = bool(np.all(steps > 0))
    by_equal_steps = counts_up and steps.min() == steps.max() and span < 20 * n
    return span < 1.5 * n or by_equal_steps or counts_up and span < 3 * n


def _are_distinct_codes(facts: Facts) -> bool:
    return (
        facts.present >= MIN_ROWS_TO_BE_DISTINCT
        and facts.distinct >= _DISTINCT_SHARE * facts.present
        and all(_is_code(level) for level in facts.levels[:_LEVELS_LOOKED_AT])
    )


def _is_code(level: str) -> bool:
    # Scripts without spaces between words have sentences that are one 'word'.
    no_sentence = len(level) <= 100 and (level.isascii() or len(level) <= 12)
    return no_sentence and not any(character.isspace() for character in level)


def _is_named_reference(facts: Facts) -> bool:
    return facts.kind in ("integer", "text") and facts.distinct > MAX_FEW_LEVELS


def _number(facts: Facts) -> tuple[str, str] | None:
    if not facts.is_numeric:
        return None
    what = "Whole numbers" if facts.kind == "integer" else "Numbers"
    return "number", f"{what} with {_distinct(facts)}."


def _ordered(facts: Facts) -> tuple[str, str] | None:
    order = order_of(facts)
    return ("ordered", f"Words in an order: {', '.join(order)}.") if order else None


def order_of(facts: Facts) -> tuple[str, ...]:
    """Return the values of a column in the order that their words have.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    tuple of str
        Empty where they are no such words.
    """
    is_short = facts.kind == "text" and facts.distinct <= MAX_WORDS
    return in_order(list(facts.levels)) if is_short else ()


def may_be_code(name: str) -> bool:
    """Tell whether whole numbers of this name are likely codes, such as flight numbers, and no quantities.

    Parameters
    ----------
    name : str
        Of a column.

    Returns
    -------
    bool
    """
    words = words_of(name)
    if not words or not _QUANTITY_WORDS.isdisjoint(words):
        return False
    is_code = any(w in _CODE_WORDS or w.endswith(_CODE_ENDINGS) for w in words)
    return is_code or len(words) > 1 and words[-1] in _LAST_WORDS_OF_IDS


def _category_or_text(facts: Facts) -> tuple[str, str]:
    repeated = facts.distinct <= 0.5 * facts.present
    few = max(MAX_FEW_LEVELS, MAX_FEW_SHARE * facts.present)
    if repeated and facts.distinct <= few:
        return "category", f"Text with {_distinct(facts)}."
    looked_at = list(facts.levels[:_LEVELS_LOOKED_AT])
    words = [len(level.split()) for level in looked_at]
    mean_words = sum(words) / len(words)
    spaced = sum(n > 1 for n in words) > 0.5 * len(words)
    mostly_distinct = not repeated and facts.present >= MIN_ROWS_TO_BE_DISTINCT
    if mean_words >= _MIN_WORDS_OF_TEXT or (mostly_distinct and spaced):
        return (
            "text",
            f"{mean_words:.1f} words on average, {_distinct(facts)}.",
        )
    return "category", f"Short text with {_distinct(facts)}."


def _distinct(facts: Facts) -> str:
    return f"{facts.distinct:,} distinct values in {facts.present:,} rows"
