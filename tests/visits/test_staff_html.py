"""Staff pages are valid HTML: no parse error, no id twice."""

from collections import Counter

import html5lib
import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/staf/",
        "/staf/visits/visit/",
        "/staf/visits/visit/?q=siti",
        "/staf/visits/visit/add/",
        "/staf/visits/visit/{visit}/change/",
        "/staf/visits/visit/{visit}/kecualikan/",
        "/staf/visits/visit/{visit}/history/",
        "/staf/di-dalam/",
        "/staf/poster/",
        "/staf/poster/{code}/",
        "/staf/rekan/",
        "/staf/laporan/2026-06/",
        "/staf/visits/office/{office}/change/",
        "/staf/visits/purpose/",
        "/staf/visits/purpose/add/",
        "/staf/visits/closedday/libur-nasional/",
        "/staf/visits/district/tempel/",
    ],
)
def test_valid_html(client_of, dewi, office, point, make_visit, address):
    visit = make_visit()
    client = client_of(dewi)
    page = client.get(address.format(visit=visit.pk, code=point.code, office=office.pk)).content.decode()

    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))

    assert [name for name, times in ids.items() if times > 1] == []
