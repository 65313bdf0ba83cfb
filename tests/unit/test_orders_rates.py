from __future__ import annotations

from towerd.orders import rates
from towerd.orders.rates import Buckets, OrderRates


def test_a_bucket_is_full_at_first_and_fills_with_time() -> None:
    buckets = Buckets(a_minute=60, most=3)
    assert [buckets.take("a", 100.0) for _ in range(4)] == [True, True, True, False]
    assert buckets.take("b", 100.0), "everybody has one of their own"
    assert not buckets.take("a", 100.9)
    assert buckets.take("a", 101.0)
    assert [buckets.take("a", 1000.0) for _ in range(4)] == [True, True, True, False]


def test_what_is_full_again_is_forgotten() -> None:
    buckets = Buckets(a_minute=60, most=2)
    for number in range(rates._MANY):
        buckets.take(f"c_{number}", 0.0)
    buckets.take("late", 0.5)
    assert len(buckets) == rates._MANY + 1
    for number in range(rates._MANY):
        buckets.take(f"d_{number}", 10.0)
    assert len(buckets) == rates._MANY, "those of long ago are full"


def test_an_issuer_and_a_customer_have_each_their_own_measure() -> None:
    orders = OrderRates(by_issuer_a_minute=5, by_customer_a_minute=2)
    assert [orders.take("shop", "c_1", 0.0) for _ in range(3)] == [True, True, False]
    assert orders.take("shop", "c_2", 0.0)
    assert [orders.take("shop", "c_3", 0.0) for _ in range(2)] == [True, True], (
        "c_1's third was none of the shop's five"
    )
    assert not orders.take("shop", "c_4", 0.0), "the shop has had its five"
    assert orders.take("other", "c_4", 0.0)


def test_a_dealer_announces_a_truckful_at_once_and_no_flood() -> None:
    orders = OrderRates()
    assert sum(orders.take("dealer", "d_1", 0.0, dealer=True) for _ in range(100)) == 30
    assert orders.take("dealer", "d_1", 0.0), "what they order as customers counts by itself"
    assert sum(orders.take("dealer", "d_2", 0.0, dealer=True) for _ in range(12)) == 12


def test_a_shop_may_hand_in_twenty_orders_a_second() -> None:
    orders = OrderRates()
    assert all(orders.take("shop", f"c_{number}", number / 20) for number in range(6000))
