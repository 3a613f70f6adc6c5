"""An invented shop's orders, with everything that real tables have and that models stumble over."""

from __future__ import annotations

import numpy as np
import pandas as pd

N_ORDERS = 1_985
N_REPEATED = 15
N_CUSTOMERS = 700
_SEED = 20_240_229
_FIRST_DAY = np.datetime64("2023-01-02", "s")
_N_DAYS = 730

# How often it is ordered, how much more likely (log odds) it comes back, its usual price.
_PRODUCTS = {
    "shoes": (0.22, 0.7, 84.0),
    "dresses": (0.18, 1.5, 62.0),
    "shirts": (0.20, 0.1, 34.0),
    "jackets": (0.12, 0.5, 128.0),
    "bags": (0.10, -1.0, 71.0),
    "jewellery": (0.08, -1.5, 46.0),
    "socks": (0.10, -2.2, 12.0),
}
# The same of a payment, which has no price.
_PAYMENTS = {
    "invoice": (0.38, 0.9, 0.0),
    "card": (0.34, -0.2, 0.0),
    "bank transfer": (0.11, -0.8, 0.0),
    "voucher": (0.17, -1.0, 0.0),
}
_TOWN_BEGINNINGS = (
    "Ash Birch Brook Cold East Elm Fair Glen Hazel King Long Mill North Oak Stone"
)
_TOWN_ENDINGS = "bridge bury field ford ham mouth ton port wick worth"

# Comments that an order that comes back is likely to have, ones that it is not, and ones that tell nothing.
_UNSURE = (
    "ordering two sizes to compare",
    "not sure about the size",
    "need it for a wedding on Saturday",
    "will keep only one of them",
    "is the colour really this bright",
    "first time I try this brand",
)
_SURE = (
    "same as last time please",
    "my favourite one in a new colour",
    "replacement for a worn out pair",
    "a present for my sister",
    "finally back in stock",
    "bought it in the shop before",
)
_NEUTRAL = (
    "please ring twice",
    "leave it with the neighbour",
    "the door code is on the card",
    "deliver after five o'clock",
    "no plastic wrapping please",
    "thank you for the quick answer",
    "the bell does not work",
    "put it behind the gate",
)


def make_orders() -> pd.DataFrame:
    """Make 2,000 orders of two years, of which 15 are repeated rows; the same ones each time.

    What decides whether an order is returned: its product, discount, payment and delivery time, the customer's age
    and habit, the town, what the comment hints at, and chance; returns and prices grow slowly over the two years.
    'refund amount' is known only afterwards, so it gives the answer away. 'customer id' groups orders.

    Returns
    -------
    DataFrame of shape (2000, 16)
    """
    rng = np.random.default_rng(_SEED)
    time = np.sort(rng.random(N_ORDERS))
    customers, habits = _make_customers(rng)
    buyer = rng.choice(N_CUSTOMERS, N_ORDERS, p=_zipf(N_CUSTOMERS, 0.4))
    goods, log_odds = _make_goods(rng, time)
    table = pd.concat([customers.iloc[buyer].reset_index(drop=True), goods], axis=1)
    log_odds = log_odds + habits[buyer] + 1.2 * (time - 0.5)
    table["comment"] = _make_comments(rng, log_odds)
    returned = rng.random(N_ORDERS) < 1 / (1 + np.exp(-log_odds))
    paid = table["price"] * table["items"] * (1 - table["discount"] / 100)
    table["refund amount"] = np.where(returned, paid, 0.0).round(2)
    table["currency"] = "EUR"
    table["returned"] = np.where(returned, "yes", "no")
    table.insert(0, "order id", [f"R-{100_000 + 7 * i}" for i in range(N_ORDERS)])
    table.insert(1, "order date", _dates_at(time))
    return _with_repeated_rows(rng, _with_missing_values(rng, table))


def _zipf(n: int, exponent: float) -> np.ndarray:
    """The shares of `n` things of which the first is the most popular."""
    weights = 1 / np.arange(1, n + 1) ** exponent
    return weights / weights.sum()


def _make_customers(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the customers, and by how much each is more likely to send things back."""
    towns = np.array(
        [b + e for b in _TOWN_BEGINNINGS.split() for e in _TOWN_ENDINGS.split()]
    )
    town = rng.choice(len(towns), N_CUSTOMERS, p=_zipf(len(towns), 0.6))
    age = np.clip(rng.normal(41, 14, N_CUSTOMERS), 18, 88).round()
    customers = pd.DataFrame(
        {
            "customer id": rng.permutation(N_CUSTOMERS) + 40_000,
            "customer age": age,
            "town": towns[town],
            "newsletter": rng.choice(["yes", "no"], N_CUSTOMERS, p=[0.35, 0.65]),
        }
    )
    habits = (
        rng.normal(0, 0.5, N_CUSTOMERS)
        + rng.normal(0, 0.5, len(towns))[town]
        - 0.03 * (age - 41)
    )
    return customers, habits


def _make_goods(
    rng: np.random.Generator, time: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return what was ordered and how it came, and by how much that makes a return more likely."""
    product, product_effect, usual_price = _draw(rng, _PRODUCTS)
    payment, payment_effect, _ = _draw(rng, _PAYMENTS)
    discount = rng.choice([0, 5, 10, 20, 30], N_ORDERS, p=[0.5, 0.1, 0.2, 0.12, 0.08])
    delivery_days = 1 + rng.gamma(2.0, 1.6, N_ORDERS).round()
    price = usual_price * rng.lognormal(0, 0.3, N_ORDERS) * (1 + 0.12 * time)
    items = 1 + rng.poisson(0.6, N_ORDERS)
    goods = pd.DataFrame(
        {
            "product": product,
            "items": items,
            "price": price.round(2),
            "discount": discount,
            "payment": payment,
            "delivery days": delivery_days,
        }
    )
    log_odds = (
        -1.5
        + product_effect
        + payment_effect
        + 0.35 * (items - 1)
        - 0.03 * discount
        + 0.28 * (delivery_days - 4)
    )
    return goods, log_odds


def _draw(
    rng: np.random.Generator, choices: dict[str, tuple[float, float, float]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each order a choice, its effect on returns and its price."""
    names = np.array(list(choices))
    shares, effects, prices = np.array(list(choices.values())).T
    drawn = rng.choice(len(names), N_ORDERS, p=shares)
    return names[drawn], effects[drawn], prices[drawn]


def _make_comments(rng: np.random.Generator, log_odds: np.ndarray) -> list[str | None]:
    """Write a comment on six in ten orders; the likelier a return, the likelier one that hints at it."""
    unsure = rng.logistic(size=N_ORDERS) < 1.5 * (log_odds - log_odds.mean())
    comments = [
        f"{rng.choice(_UNSURE if is_unsure else _SURE)}, {rng.choice(_NEUTRAL)}"
        for is_unsure in unsure
    ]
    written = rng.random(N_ORDERS) < 0.6
    return [text if there else None for text, there in zip(comments, written)]


def _dates_at(time: np.ndarray) -> np.ndarray:
    minutes = (time * _N_DAYS * 24 * 60).astype("timedelta64[m]")
    return _FIRST_DAY + minutes


def _with_missing_values(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Forget some ages and, more often in the first half, how long the delivery took."""
    age_unknown = rng.random(N_ORDERS) < 0.09
    early = np.arange(N_ORDERS) < N_ORDERS / 2
    days_unknown = rng.random(N_ORDERS) < np.where(early, 0.10, 0.03)
    return table.assign(
        **{
            "customer age": table["customer age"].mask(age_unknown),
            "delivery days": table["delivery days"].mask(days_unknown),
        }
    )


def _with_repeated_rows(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Enter some orders twice in a row, as an impatient double click does."""
    repeated = rng.choice(N_ORDERS, N_REPEATED, replace=False)
    rows = np.sort(np.concatenate([np.arange(N_ORDERS), repeated]))
    return table.iloc[rows].reset_index(drop=True)
