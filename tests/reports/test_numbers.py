"""Rounding and Indonesian numbers."""

from decimal import Decimal

import pytest

from reports.numbers import half_up, percent, ratio, written


@pytest.mark.parametrize(
    ("part", "whole", "rounded"),
    [(1, 2, 1), (-1, 2, -1), (1, 3, 0), (5, 2, 3), (-5, 2, -3), (7, 2, 4), (0, 5, 0), (5, 0, None), (0, 0, None)],
)
def test_halves_go_away_from_zero(part, whole, rounded):
    assert ratio(part, whole) == rounded


def test_one_decimal():
    assert [ratio(235, 20, places=1), ratio(1, 20, places=1), ratio(200, 20, places=1)] == [
        Decimal("11.8"),
        Decimal("0.1"),
        Decimal("10.0"),
    ]
    assert half_up(Decimal("88.445"), 2) == Decimal("88.45")


@pytest.mark.parametrize(("part", "whole", "expected"), [(79, 235, 34), (55, 180, 31), (1, 200, 1), (3, 0, None)])
def test_whole_percents(part, whole, expected):
    assert percent(part, whole) == expected


WRITTEN = {
    0: "0",
    999: "999",
    1234: "1.234",
    1234567: "1.234.567",
    -1234: "-1.234",
    Decimal("89.6"): "89,6",
    Decimal("10.0"): "10,0",
    Decimal("1234.5"): "1.234,5",
}


@pytest.mark.parametrize(("value", "text"), WRITTEN.items())
def test_numbers_as_indonesians_write_them(value, text):
    assert written(value) == text
