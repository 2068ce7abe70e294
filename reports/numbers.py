"""Rounding and numbers as Indonesians write them. Pure."""

from decimal import ROUND_HALF_UP, Decimal

Number = int | Decimal


def half_up(value: Number, places: int = 0) -> Decimal:
    """Rounded to `places` decimals, halves away from zero: 0.5 -> 1, -0.5 -> -1."""
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def ratio(part: Number, whole: Number, places: int = 0) -> Decimal | None:
    """part / whole, rounded half-up; None where `whole` is 0."""
    return half_up(Decimal(part) / Decimal(whole), places) if whole else None


def percent(part: Number, whole: Number) -> int | None:
    """`part` in whole percents of `whole`, rounded half-up; None where `whole` is 0."""
    share = ratio(part * 100, whole)
    return None if share is None else int(share)


def written(value: Number) -> str:
    """1234 -> "1.234"; Decimal("1234.5") -> "1.234,5"; as many decimals as the value carries."""
    return f"{value:,}".translate(str.maketrans(",.", ".,"))
