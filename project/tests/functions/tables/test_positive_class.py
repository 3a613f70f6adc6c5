"""Which of two classes is guessed to be the positive one, with a reason that fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.positive_class import guess_positive


@pytest.mark.parametrize(
    "labels, positive, reason",
    [
        (("ja", "nein"), "ja", "it means yes"),
        (("no", "yes"), "yes", "it means yes"),
        (("Non", "Oui"), "Oui", "it means yes"),
        (("não", "sim"), "sim", "it means yes"),
        (("False", "True"), "True", "it means yes"),
        (("+", "-"), "+", "it means yes"),
        (("negative", "positive"), "positive", "it means yes"),
        (("0", "1"), "1", "beside '0' it is the outcome that is asked for"),
        (("N", "Y"), "Y", "beside 'N' it is the outcome that is asked for"),
        (("bad", "good"), "bad", "it names the event that is looked for"),
        (("churned", "retained"), "churned", "it names the event that is looked for"),
        (("ham", "spam"), "spam", "it names the event that is looked for"),
        (("benign", "malignant"), "malignant", "it names the event"),
        (("alive", "dead"), "dead", "it names the event that is looked for"),
        (("died", "survived"), "survived", "beside 'died' it is the outcome"),
        (("fail", "pass"), "pass", "beside 'fail' it is the outcome"),
        (("Churned", "No"), "Churned", "it names the event"),
        (("nein", "vielleicht"), "vielleicht", "its opposite, 'nein', means no"),
        (("benign", "odd"), "odd", "its opposite, 'benign', is what is left without"),
    ],
)
@pytest.mark.parametrize("counts", [(30, 70), (70, 30), (50, 50)])
def test_a_word_that_says_it_decides_however_rare_it_is(
    labels, positive, reason, counts
):
    for order in (1, -1):
        guess = guess_positive(labels[::order], counts[::order])
        assert labels[::order][guess.position] == positive
        assert guess.reason.startswith(reason)


def test_else_the_rarer_class_is_positive_and_its_share_is_said():
    guess = guess_positive(("f", "m"), (700, 300))
    assert (guess.position, guess.reason) == (
        1,
        "it is the rarer class, with 300 of 1,000 rows",
    )
    assert guess_positive(("f", "m"), (3, 7)).position == 0
    assert "equally frequent" in guess_positive(("f", "m"), (5, 5)).reason


@given(
    st.lists(st.text(), min_size=2, max_size=2),
    st.tuples(st.integers(1, 99), st.integers(1, 99)),
)
def test_whatever_classes_are_called_one_is_positive(labels, counts):
    guess = guess_positive(labels, counts)
    assert guess.position in (0, 1) and guess.reason
