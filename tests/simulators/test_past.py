"""The past: the documented shares within their confidence, and the rows a database must accept."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators import identity, orders, past, seasons, sessions
from simulators.behaviour import HOURS, STATES, Behaviour
from simulators.catalogue import Catalogue
from simulators.customers import Customers
from simulators.moments import DAY, to_datetime, to_microseconds
from simulators.past import Past
from simulators.seasons import Seasons
from simulators.sessions import Step
from simulators.world import World

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
# With 200,000 visits a share p has a standard error of sqrt(p (1 - p) / 200,000); four of them are
# passed by chance once in 16,000 runs, and the seed is fixed.
VISITS = 200_000
ERRORS = 4


def near(share: float, count: int) -> object:
    return pytest.approx(share, abs=ERRORS * (share * (1 - share) / count) ** 0.5)


NOON = to_microseconds(dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC))


@pytest.fixture(scope="module")
def visits(behaviour: Behaviour) -> sessions.Visits:
    return sessions.draw(identity.generator("prova"), VISITS, Catalogue(42, 1_000).shelf(NOON), behaviour)


def test_visits_have_the_documented_rates(visits: sessions.Visits, behaviour: Behaviour) -> None:
    carts = int(visits.has_cart.sum())

    assert visits.has_cart.mean() == near(0.062, VISITS)
    assert visits.paid.sum() / carts == near(behaviour.checkout * behaviour.paid, carts)
    converted = int((visits.paid | visits.recovered).sum())
    assert 1 - converted / carts == near(0.70, carts)
    assert 0.014 <= converted / VISITS <= 0.020
    assert visits.remembered[~visits.has_cart].mean() == near(behaviour.remembered, VISITS - carts)


def test_payments_have_the_documented_shares(visits: sessions.Visits, behaviour: Behaviour) -> None:
    shares = np.bincount(visits.payment) / VISITS

    assert shares.tolist() == [near(it, VISITS) for it in behaviour.payments]


def test_the_most_popular_products_follow_zipf(visits: sessions.Visits) -> None:
    seen = visits.product[visits.step == Step.VIEW]
    shares = np.sort(np.bincount(seen, minlength=1_000))[::-1] / len(seen)
    expected = 1 / np.arange(1, 1_001) ** 0.95
    expected /= expected.sum()

    assert shares[:5].tolist() == [near(it, len(seen)) for it in expected[:5]]
    assert shares[:100].sum() == pytest.approx(expected[:100].sum(), abs=0.01)


def test_orders_are_worth_what_brazilian_orders_are(visits: sessions.Visits, world: World) -> None:
    moment = to_microseconds(dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    buyers = np.flatnonzero(visits.paid)
    totals = [
        sum(
            world.catalogue.price(int(visits.item_product[at]), moment) * int(visits.item_quantity[at])
            for at in range(visits.first_item[it], visits.first_item[it] + visits.items[it])
        )
        / 100
        for it in buyers
    ]

    assert 100 <= np.median(totals) <= 300
    assert 300 <= np.mean(totals) <= 550


def test_homes_have_the_shares_of_the_states(world: World) -> None:
    count = 100_000
    states = world.customers.states(world.customers.id_bytes(np.arange(count)))

    assert (np.bincount(states, minlength=27) / count).tolist() == [
        near(it / sum(STATES.values()), count) for it in STATES.values()
    ]


def test_cancellations_have_the_documented_share_and_come_before_shipping(behaviour: Behaviour) -> None:
    count = 100_000
    words = identity.words(1, np.arange(count))
    payments = identity.choose(
        identity.cumulative(behaviour.payments), identity.unit(identity.words(2, np.arange(count)))
    )
    fates = orders.fates(words, payments, behaviour.cancelled)
    cancelled = fates.cancelled < orders.NEVER

    assert [cancelled[payments == it].mean() for it in range(3)] == [
        near(share, int((payments == it).sum())) for it, share in enumerate((0.010, 0.015, 0.080))
    ]
    assert np.all(fates.shipped[cancelled] == orders.NEVER)
    assert np.all(fates.shipped[~cancelled] < fates.delivered[~cancelled])


def test_prices_one_by_one_and_together_are_the_same(world: World) -> None:
    times = np.arange(1_000) * (DAY // 3) + to_microseconds(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    products = np.arange(1_000)

    assert world.catalogue.prices(products, times).tolist() == [
        world.catalogue.price(p, t) for p, t in zip(products.tolist(), times.tolist(), strict=True)
    ]


def test_a_price_changes_only_when_the_catalogue_says_so(world: World) -> None:
    since = to_microseconds(dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    products, times = world.catalogue.price_changes(since, since + 20 * DAY)
    every = np.arange(1_000)
    changed = world.catalogue.prices(every, np.full(1_000, since)) != world.catalogue.prices(
        every, np.full(1_000, since + 20 * DAY)
    )

    assert len(products) > 300
    assert np.all((times > since) & (times <= since + 20 * DAY))
    assert set(np.flatnonzero(changed).tolist()) <= set(products.tolist())


@pytest.fixture(scope="module")
def story() -> Past:
    return Past(
        until=to_microseconds(dt.datetime(2026, 11, 23, 18, 30, tzinfo=dt.UTC)),
        days=56,
        orders_per_day=600.0,
        zone=SAO_PAULO,
    )


@pytest.fixture(scope="module")
def without_browsing(behaviour: Behaviour) -> World:
    return World(
        42,
        Catalogue(42, 1_000),
        Customers(42, 20_000),
        behaviour._replace(browsing=0.0),
        seasons=Seasons(SAO_PAULO),
    )


@pytest.fixture(scope="module")
def told(story: Past, without_browsing: World) -> list[past.Day]:
    return list(past.days(without_browsing, story))


def test_the_history_begins_at_a_midnight_and_ends_now(story: Past, told: list[past.Day]) -> None:
    times = np.concatenate([it.web_events.time for it in told])

    assert to_datetime(story.since).astimezone(SAO_PAULO).time() == dt.time()
    assert story.since <= times.min()
    assert story.until - 120_000_000 <= times.max() <= story.until
    assert len(told) == 57


def test_orders_follow_the_calendar(told: list[past.Day], story: Past) -> None:
    counts = np.array([len(it.orders.bought) for it in told[:-1]])
    expected = np.array([seasons.day_factor(story.date(day)) for day in range(56)]) * 600

    # A day varies by up to 8 % by itself, the shop grows by a quarter, and chance adds its part.
    assert counts.tolist() == [pytest.approx(it, rel=0.30) for it in expected.tolist()]
    assert counts.sum() / expected.sum() == pytest.approx(1.0, rel=0.03)
    moments = [
        to_datetime(moment).astimezone(SAO_PAULO).hour for it in told[:-1] for moment in it.orders.bought.tolist()
    ]
    hours = np.bincount(moments, minlength=24) / len(moments) * 100
    # An order comes minutes after the visit began, recovered carts hours later.
    assert [hours[part : part + 6].sum() for part in (0, 6, 12, 18)] == [
        pytest.approx(sum(HOURS[part : part + 6]), abs=2.0) for part in (0, 6, 12, 18)
    ]


def test_no_status_of_the_history_lies_in_the_future(story: Past, told: list[past.Day]) -> None:
    for it in told[-2:]:
        _status, since = it.orders.latest()
        assert np.all((it.orders.bought <= since) & (since <= story.until))


def test_whoever_buys_has_registered_before(told: list[past.Day], without_browsing: World, story: Past) -> None:
    numbers = np.arange(20_000)
    registered = dict(
        zip(
            identity.low_words(without_browsing.customers.id_bytes(numbers)).tolist(),
            without_browsing.customers.registered_at(numbers, story.since).tolist(),
            strict=True,
        )
    )
    for it in told:
        registered |= dict(zip(identity.low_words(it.new_customers).tolist(), it.registered.tolist(), strict=True))
    for it in told:
        for word, moment in zip(
            identity.low_words(it.orders.customer).tolist(), it.orders.bought.tolist(), strict=True
        ):
            assert registered[word] < moment
    assert len(registered) > 22_000


def test_a_day_of_the_history_is_the_same_however_often_it_is_told(
    story: Past, told: list[past.Day], without_browsing: World
) -> None:
    again = next(past.days(without_browsing, story))

    assert np.array_equal(again.orders.transaction, told[0].orders.transaction)
    assert np.array_equal(again.orders.total, told[0].orders.total)
    assert np.array_equal(again.web_events.event, told[0].web_events.event)
