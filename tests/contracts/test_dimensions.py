"""Versions of products and customers: merging them, and finding the one of a moment."""

from itertools import permutations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts import dimensions
from contracts.dimensions import CustomerVersion, ProductVersion


def product(valid_from: int, price: int = 1000) -> ProductVersion:
    return ProductVersion(valid_from, "Livro", "Livros", price, 5)


def test_a_field_is_32_hexadecimal_digits() -> None:
    assert dimensions.field(UUID("abcdefab-cdef-4bcd-8fab-cdefabcdefab")) == "abcdefabcdef4bcd8fabcdefabcdefab"


def test_versions_survive_the_store() -> None:
    products = [ProductVersion(1_780_000_000_000_000, "Ação \0 💡", "Livros", 99_999_999_999_900, 0), product(1)]
    customers = [CustomerVersion(-1, "VIP", "SP", "São Paulo")]
    assert dimensions.decode_products(dimensions.encode(products)) == products
    assert dimensions.decode_customers(dimensions.encode(customers)) == customers
    assert dimensions.decode_products(dimensions.encode([])) == []


def test_merging_puts_the_newest_first_whatever_the_order_of_arrival() -> None:
    for order in permutations([product(10), product(20), product(30)]):
        known: list[ProductVersion] = []
        for version in order:
            known = dimensions.merge(known, [version])
        assert known == [product(30), product(20), product(10)]


def test_of_two_versions_of_one_instant_the_new_one_wins() -> None:
    assert dimensions.merge([product(10, price=1)], [product(10, price=2)]) == [product(10, price=2)]


def test_only_the_latest_four_are_kept() -> None:
    merged = dimensions.merge([product(30), product(20), product(10)], [product(50), product(40)])
    assert [it.valid_from for it in merged] == [50, 40, 30, 20]


def test_an_old_version_does_not_push_out_a_newer_one() -> None:
    known = [product(50), product(40), product(30), product(20)]
    assert dimensions.merge(known, [product(10)]) == known


def test_merging_changes_neither_list() -> None:
    known, new = [product(10)], [product(20)]
    dimensions.merge(known, new)
    assert (known, new) == ([product(10)], [product(20)])


@given(st.permutations(range(8)), st.integers(1, 7))
def test_merging_in_parts_is_merging_at_once(order: list[int], cut: int) -> None:
    versions = [product(it) for it in order]
    parts = dimensions.merge(dimensions.merge([], versions[:cut]), versions[cut:])
    assert parts == dimensions.merge([], versions) == [product(it) for it in (7, 6, 5, 4)]


def test_the_version_of_a_moment_is_the_newest_not_after_it() -> None:
    versions = [product(30), product(20), product(10)]
    assert dimensions.at(versions, 35) == product(30)
    assert dimensions.at(versions, 30) == product(30)
    assert dimensions.at(versions, 29) == product(20)
    assert dimensions.at(versions, 10) == product(10)


def test_a_moment_before_all_versions_has_the_oldest_known() -> None:
    assert dimensions.at([product(30), product(20)], 5) == product(20)


def test_without_versions_there_is_none() -> None:
    assert dimensions.at([], 5) is None
