"""The shop against its documented rates, shares and curves: chi-square tests and confidence intervals.

240,000 sessions with a fixed seed; the risk of a false alarm is stated in ``statistics.py``.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators import behaviour as documented
from simulators import customers, identity, orders, seasons, sessions
from simulators.behaviour import Behaviour
from simulators.catalogue import CATEGORIES, Catalogue
from simulators.clientele import Clientele
from simulators.customers import Customers
from simulators.moments import DAY, MINUTE, SECOND, to_microseconds
from simulators.pace import Pace
from simulators.scenarios import ScenarioLog
from simulators.seasons import Seasons
from simulators.sessions import Step
from tests.simulators.statistics import assert_distributed, assert_quantiles, assert_share

SESSIONS = 240_000
NOON = to_microseconds(dt.datetime(2026, 3, 4, 15, tzinfo=dt.UTC))
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(42, 1_000)


@pytest.fixture(scope="module")
def visits(catalogue: Catalogue, behaviour: Behaviour) -> sessions.Visits:
    return sessions.draw(identity.generator("estatística"), SESSIONS, catalogue.shelf(NOON), behaviour)


def steps_of(visits: sessions.Visits, step: Step) -> np.ndarray:
    """For each visit whether it takes this step."""
    return np.bincount(visits.visit[visits.step == step], minlength=visits.count) > 0


def test_every_rate_of_a_visit_is_the_documented_one(visits: sessions.Visits, behaviour: Behaviour) -> None:
    cart, paid = visits.has_cart, visits.paid
    carts, others = int(cart.sum()), SESSIONS - int(cart.sum())
    checkout = steps_of(visits, Step.BEGIN_CHECKOUT)
    left = cart & ~paid
    strangers = paid & ~visits.remembered
    logged_in = steps_of(visits, Step.LOGIN) & ~cart
    unknown = ~cart & ~visits.remembered

    assert_share(carts, SESSIONS, behaviour.cart, what="visits that create a cart")
    assert_share(int(checkout.sum()), carts, behaviour.checkout, what="carts whose checkout begins")
    assert_share(int(paid.sum()), int(checkout.sum()), behaviour.paid, what="checkouts that are paid")
    assert_share(int(visits.recovered.sum()), int(left.sum()), behaviour.recovered, what="carts taken up again")
    assert_share(int(visits.remembered[~cart].sum()), others, behaviour.remembered, what="remembered visitors")
    assert_share(
        int(visits.remembered[cart].sum()), carts, behaviour.remembered_with_cart, what="remembered with a cart"
    )
    assert_share(int(logged_in.sum()), int(unknown.sum()), behaviour.login, what="logins without a cart")
    assert_share(
        int(visits.new_customer.sum()), int(strangers.sum()), behaviour.new_customer, what="buyers who are new"
    )
    assert_share(int(steps_of(visits, Step.REMOVE).sum()), carts, behaviour.removed, what="carts edited")
    pages = np.isin(visits.step, (Step.VIEW, Step.SEARCH))
    assert_share(
        int((visits.step == Step.SEARCH).sum()), int(pages.sum()), behaviour.search, what="pages that are searches"
    )


def test_what_follows_from_the_rates_is_what_shops_report(visits: sessions.Visits) -> None:
    carts = int(visits.has_cart.sum())
    converted = int((visits.paid | visits.recovered).sum())

    # The facts that docs/simulators.md names: about 7 % of visits reach a cart, some 70 % of carts are
    # abandoned, 1.4 to 1.9 % of visits buy.
    assert 0.055 <= carts / SESSIONS <= 0.075
    assert_share(carts - converted, carts, 0.70, what="abandoned carts")
    assert 0.014 <= converted / SESSIONS <= 0.0195


def test_every_curve_of_a_visit_is_the_documented_one(visits: sessions.Visits, behaviour: Behaviour) -> None:
    pages = np.bincount(visits.visit[np.isin(visits.step, (Step.VIEW, Step.SEARCH))], minlength=SESSIONS)
    assert_distributed(np.bincount(pages)[1:], documented.PAGES, what="pages of a visit")
    items = visits.items[visits.has_cart]
    assert_distributed(np.bincount(items)[1:], documented.PRODUCTS_IN_CART, what="products of a cart")
    assert_distributed(np.bincount(visits.item_quantity)[1:], documented.PIECES, what="pieces of a product")
    assert_distributed(np.bincount(visits.payment, minlength=3), behaviour.payments, what="payment methods")

    first = np.append(True, visits.visit[1:] != visits.visit[:-1])
    quick = np.isin(visits.step, (Step.PURCHASE, Step.FINISH_CHECKOUT, Step.LEAVE))
    pauses = np.diff(visits.offset, prepend=0)[~first & ~quick] / SECOND
    assert_quantiles(pauses, documented.PAUSE_SECONDS, what="seconds between two steps")


def test_popularity_follows_zipf_at_any_time_and_drifts(catalogue: Catalogue, visits: sessions.Visits) -> None:
    ranks = np.empty(1_000, np.int64)
    ranks[catalogue.ranking(NOON)] = np.arange(1_000)
    seen = np.bincount(ranks[visits.product[visits.step == Step.VIEW]], minlength=1_000)
    assert_distributed(seen, 1 / np.arange(1, 1_001) ** documented.ZIPF_EXPONENT, what="views by rank")

    day, month = (set(catalogue.ranking(NOON + it * DAY)[:50].tolist()) for it in (1, 30))
    now = set(catalogue.ranking(NOON)[:50].tolist())
    # From one day to the next hardly anything changes; in a month some of the fifty best sellers do.
    assert len(now & day) >= 45
    assert 10 <= len(now & month) <= 45


def test_prices_are_log_normal_in_each_category() -> None:
    large = Catalogue(42, 100_000)
    shares = [it.share for it in CATEGORIES]
    assert_distributed(np.bincount(large.category, minlength=len(shares)), shares, what="products by category")
    for number, category in enumerate(CATEGORIES):
        logs = np.log(large.base_centavos[large.category == number] / 100)
        # Prices end in 90 centavos, which moves the cheapest by up to two in a hundred.
        assert logs.mean() == pytest.approx(np.log(category.median), abs=0.03), category.name
        assert logs.std() == pytest.approx(category.sigma, rel=0.05), category.name
        below = [float((logs < np.log(category.median) + it * category.sigma).mean()) for it in (-1, 0, 1)]
        assert below == pytest.approx([0.1587, 0.5, 0.8413], abs=0.04), category.name


def test_homes_have_the_shares_of_the_states() -> None:
    people = Customers(42, SESSIONS)
    states = people.states(people.id_bytes(np.arange(SESSIONS)))

    assert_distributed(np.bincount(states, minlength=27), list(documented.STATES.values()), what="customers by UF")


def test_customers_come_back_as_often_as_their_class() -> None:
    people = Customers(42, 20_000)
    numbers = np.arange(20_000)
    ids = people.id_bytes(numbers)
    classes = customers.return_classes(ids)
    shares, visits = zip(*documented.RETURN_CLASSES, strict=True)
    assert_distributed(np.bincount(classes), shares, what="customers by class")

    known = Clientele(ids, np.zeros(20_000, np.int64), np.zeros(20_000, np.int64))
    came = customers.return_classes(known.pick(identity.generator("volta").random(SESSIONS)))
    assert_distributed(np.bincount(came), np.bincount(classes) * np.array(visits), what="visits by class")


def test_orders_take_the_documented_time_and_are_cancelled_as_documented(behaviour: Behaviour) -> None:
    words = identity.words(1, np.arange(SESSIONS))
    payments = identity.choose(
        identity.cumulative(behaviour.payments), identity.unit(identity.words(2, np.arange(SESSIONS)))
    )
    fates = orders.fates(words, payments, behaviour.cancelled)
    cancelled = fates.cancelled < orders.NEVER

    for payment, share in enumerate(behaviour.cancelled):
        mine = payments == payment
        assert_share(int(cancelled[mine].sum()), int(mine.sum()), share, what=f"cancelled, payment {payment}")
    assert 0.006 <= cancelled.mean() <= 0.03
    kept = ~cancelled
    assert_quantiles(fates.shipped[kept] / SECOND, documented.SHIPPING_SECONDS, what="seconds to shipping")
    assert_quantiles(
        (fates.delivered - fates.shipped)[kept] / SECOND, documented.DELIVERY_SECONDS, what="seconds to delivery"
    )
    regretted = cancelled & (payments != 2)
    assert_quantiles(
        fates.cancelled[regretted] / SECOND, documented.CANCELLATION_SECONDS, what="seconds to cancellation"
    )


def test_messages_follow_the_curve_of_the_day_and_the_week() -> None:
    # Two weeks of March without feasts, at a rate that makes 240,000 messages.
    start = to_microseconds(dt.datetime(2026, 3, 9, tzinfo=SAO_PAULO))
    pace = Pace(SESSIONS / (14 * 86_400), start, seasons=Seasons(SAO_PAULO), scenarios=ScenarioLog())
    due = pace.count(start + 14 * DAY)
    times = pace.times(np.arange(int(due)))

    hours = np.bincount((times - start) % DAY // (60 * MINUTE), minlength=24)
    # The curve is drawn in straight lines through the middle of each hour, which takes off some of the peaks.
    assert (hours / hours.sum() * 100).tolist() == pytest.approx(list(documented.HOURS), abs=0.25)
    days = np.bincount((times - start) // DAY, minlength=14)
    expected = [seasons.day_factor(dt.date(2026, 3, 9) + dt.timedelta(days=it)) for it in range(14)]
    assert (days / days.sum() / (np.array(expected) / sum(expected))).tolist() == pytest.approx([1.0] * 14, abs=0.001)


def test_the_checks_themselves_can_fail() -> None:
    fair = np.bincount((identity.generator("dado").random(SESSIONS) * 6).astype(np.int64), minlength=6)
    assert_distributed(fair, np.ones(6), what="a fair die")
    # A die whose six comes 18.2 % of the time instead of 16.7 %.
    with pytest.raises(AssertionError, match="a loaded die: chi-square"):
        assert_distributed(fair, [1, 1, 1, 1, 1, 1.11], what="a loaded die")
    with pytest.raises(AssertionError, match=r"carts: 15500 of 240000 .* documented is 0.06200"):
        assert_share(15_500, SESSIONS, 0.062, what="carts")
    pauses = np.interp(identity.generator("pausa").random(SESSIONS), np.linspace(0, 1, 3), [0.0, 1.0, 4.0])
    assert_quantiles(pauses, [0.0, 1.0, 4.0], what="pauses")
    with pytest.raises(AssertionError, match="pauses: distance"):
        assert_quantiles(pauses, [0.0, 1.02, 4.0], what="pauses")


def test_stocks_fall_as_products_are_sold_and_sometimes_run_out() -> None:
    # The shop for which the stocks are made sells 1,400 pieces a day.
    made = Catalogue(42, 1_000, pieces_per_day=1_400)
    every = np.arange(1_000)
    days = [made.stocks(every, np.full(1_000, NOON + it * DAY // 4)) for it in range(4 * 120)]
    stocks = np.stack(days)
    falls = -np.diff(stocks, axis=0)
    sold = np.where(falls > 0, falls, 0).sum() / 120

    assert 0.85 * 1_400 <= sold <= 1.0 * 1_400
    assert 0.005 <= (stocks == 0).mean() <= 0.05
    assert (falls < 0).any(axis=0).all()  # each is replenished
    # The popular ones fall faster: modelled pieces a day against the share of Zipf's law, by rank.
    best = made.ranking(NOON)[:10]
    assert np.where(falls > 0, falls, 0)[:, best].sum() / 120 == pytest.approx(1_400 * 0.30, rel=0.35)
