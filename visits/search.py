"""What staff type into the search box, as a condition on visits. Plain PostgreSQL: docs/decisions/005."""

import re

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q
from django.db.models.functions import Coalesce, Reverse

from visits.models.visit import WORD_BREAKS, masked_for

NEWEST = 200
WORDS_AT_MOST = 8
_NUMBER = re.compile(r"\+?\d[\d\s.()-]*")
_BREAKS_TO_SPACES = str.maketrans(dict.fromkeys(WORD_BREAKS, " "))


def newest_found(visits, text: str, user):
    """At most 200 visits, newest first. Masked rows are never found: a search would tell their names."""
    found = visits.alias(turned_phone=Reverse("phone")).filter(_condition(text)).exclude(masked_for(user))
    # By an expression, so that PostgreSQL first finds by word and then sorts: walking all visits from the newest on,
    # until 200 have a rare name, may never end.
    newest_first = [Coalesce("arrived_at", "created_at").desc(), "-pk"]
    # Searched once, though the list asks twice: for the number of rows and for a page of them.
    newest = list(found.order_by(*newest_first).values_list("pk", flat=True)[:NEWEST])
    return visits.filter(pk__in=newest).order_by(*newest_first)


def _condition(text: str) -> Q:
    text = text.strip()
    return _by_number(text) if _NUMBER.fullmatch(text) else _by_words(text)


def _by_number(text: str) -> Q:
    """One to four digits may be the number of a day, three or more the last ones of a phone number."""
    digits = re.sub(r"\D", "", text)
    condition = Q(pk__in=[])
    if len(digits) <= 4:
        condition |= Q(number=int(digits))
    if len(digits) >= 3:
        # Numbers are stored as +62812...; people write 0812...
        tail = digits.removeprefix("0") if len(digits) > 8 else digits
        condition |= Q(turned_phone__startswith=tail[::-1])
    return condition


def _by_words(text: str) -> Q:
    """Every word begins a word of name or organisation. Quoted: nothing typed is read as a query's syntax."""
    words = text.translate(_BREAKS_TO_SPACES).split()[:WORDS_AT_MOST]
    if not words:
        return Q(pk__in=[])
    query = " & ".join(f"'{word}':*" for word in words)
    return Q(search=SearchQuery(query, config="simple", search_type="raw"))
