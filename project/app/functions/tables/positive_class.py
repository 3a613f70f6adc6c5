"""Which of two classes is the positive one, and why: the one that is looked for, which scores follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...wording import number, quoted, shortened

# What an answer is called that affirms, and one that denies, in the languages of many tables.
_YES = set(
    "yes true on positive pos + ja wahr oui vrai sí si sì sim verdadero vero verdadeiro tak kyllä ano áno igen evet "
    "da так да ναι はい 是 예".split()
)
_NO = set(
    "no false off negative neg - nein falsch non faux não nao falso nee nej nei nie ei ne nem nu hayır нет не ні "
    "όχι いいえ 否 아니요".split()
)
# Of two classes the one that is an event; two of these words beside each other decide nothing.
_EVENTS = set(
    "malignant churn churned returned fraud fraudulent default defaulted spam survived success successful bought won "
    "converted died dead sick ill disease abnormal bad passed".split()
)
# An event did not happen: what is left when nothing is found.
_NO_EVENTS = set(
    "benign stayed kept retained genuine legitimate paid ok ham healthy normal good alive failed lost".split()
)
# Words that mean something only beside the other one: 'f' is false beside 't', but female beside 'm'.
_POSITIVE_OF_PAIR = {
    frozenset({"0", "1"}): "1",
    frozenset({"-1", "1"}): "1",
    frozenset({"n", "y"}): "y",
    frozenset({"f", "t"}): "t",
    frozenset({"j", "n"}): "j",
    frozenset({"n", "o"}): "o",
    frozenset({"n", "s"}): "s",
    frozenset({"pass", "fail"}): "pass",
    frozenset({"success", "failure"}): "success",
    frozenset({"survived", "died"}): "survived",
}


@dataclass(frozen=True)
class PositiveClass:
    """The class that is taken as positive, and why.

    Attributes
    ----------
    position : int
        Of its label in what was given.
    reason : str
        What follows a colon: 'it means yes'.
    """

    position: int
    reason: str


def guess_positive(labels: Sequence[str], counts: Sequence[int]) -> PositiveClass:
    """Say which of two classes is likely the positive one.

    It is the one that means yes or names an event, or whose opposite means no or names its absence; 1 beside 0 or −1,
    y beside n, t beside f. Else it is the rarer one, and of equally frequent ones the last. 'bad' beside 'good' is an
    event, such as a credit that fails: so it is in scikit-learn's example of the German credit data.

    Parameters
    ----------
    labels : sequence of str
        Two, in the order of classes.
    counts : sequence of int
        Rows of each.

    Returns
    -------
    PositiveClass

    References
    ----------
    https://scikit-learn.org/stable/auto_examples/model_selection/plot_cost_sensitive_learning.html
    """
    words = [label.strip().casefold() for label in labels]
    beside = _POSITIVE_OF_PAIR.get(frozenset(words))
    if beside is not None:
        position = words.index(beside)
        return PositiveClass(
            position,
            f"beside {_quoted(labels[1 - position])} it is the outcome that is asked for",
        )
    for names, reason in (
        (_YES, "it means yes"),
        (_EVENTS, "it names the event that is looked for"),
    ):
        found = [i for i, word in enumerate(words) if word in names]
        if len(found) == 1 and words[1 - found[0]] not in _YES | _EVENTS:
            return PositiveClass(found[0], reason)
    for names, reason in (
        (_NO, "means no"),
        (_NO_EVENTS, "is what is left without an event"),
    ):
        found = [i for i, word in enumerate(words) if word in names]
        if len(found) == 1 and words[1 - found[0]] not in _NO | _NO_EVENTS:
            other = 1 - found[0]
            return PositiveClass(
                other, f"its opposite, {_quoted(labels[found[0]])}, {reason}"
            )
    if counts[0] == counts[1]:
        return PositiveClass(1, "both classes are equally frequent, and it comes last")
    rarer = 0 if counts[0] < counts[1] else 1
    return PositiveClass(
        rarer,
        f"it is the rarer class, with {number(counts[rarer])} of {number(sum(counts))} rows",
    )


def check_positive(positive: str | None, classes: Sequence[str]) -> None:
    """Refuse a positive class that a target with two classes does not have.

    Parameters
    ----------
    positive : str or None
        None where it is guessed.
    classes : sequence of str
        Empty where there are not two.

    Raises
    ------
    ValueError
        The sentence names both classes.
    """
    if classes and positive is not None and positive not in classes:
        known = " or ".join(f"'{shortened(label)}'" for label in classes)
        raise ValueError(
            f"'Positive class' names {quoted([positive])}, which is no class of the target: choose {known}."
        )


def _quoted(label: str) -> str:
    return f"'{shortened(label)}'"
