"""Libur nasional and cuti bersama: the days on which the joint ministers' decree closes every public office."""

from datetime import date

import holidays


def national_closed_days(year: int) -> dict[date, str]:
    """Day -> Indonesian name, in order of date; weekends included.

    A name that ends in "(perkiraan)" rests on an estimated moon calendar: the decree may move it, and staff with it.
    """
    decree = holidays.country_holidays("ID", years=year, categories=("public", "government"), language="id")
    return dict(sorted(decree.items()))
