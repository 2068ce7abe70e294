"""Client addresses: believed from the configured proxy only."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from dilaku.proxy import TrustedProxies, believe_only_our_proxy, client_address, parse_address

OURS = TrustedProxies.named(["10.0.0.2", "192.168.7.0/24", "2001:db8:7::/64", "unix"])
NOBODY = TrustedProxies()


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", " 203.0.113.9 ", "203.0.113.9"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # the first is what the client wrote itself
        ("10.0.0.2", "10.0.0.2, 203.0.113.9", "203.0.113.9"),  # ... even when it wrote our own proxy's address
        ("10.0.0.2", "203.0.113.9, 192.168.7.1", "203.0.113.9"),  # two proxies of ours, one behind the other
        ("10.0.0.2", "203.0.113.9, 192.168.7.1, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.9, 192.168.8.1", "192.168.8.1"),  # not ours: a client in the office's network
        ("10.0.0.2", "192.168.7.1, 192.168.7.9", "192.168.7.1"),  # nobody but us: the first
        ("10.0.0.2", "203.0.113.9:41234", "203.0.113.9"),
        ("10.0.0.2", "2001:DB8:0::9", "2001:db8::9"),
        ("10.0.0.2", "[2001:db8::9]", "2001:db8::9"),
        ("10.0.0.2", "[2001:db8::9]:41234", "2001:db8::9"),
        ("10.0.0.2", "::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:7::1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("", "203.0.113.9", "203.0.113.9"),
        ("", "1.2.3.4, 203.0.113.9, 192.168.7.1", "203.0.113.9"),
        # Nothing that can be read: the nearest address that can.
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "unknown", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.9, ", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.9, _hidden, 192.168.7.1", "192.168.7.1"),
        ("10.0.0.2", "999.1.1.1", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.9:99:99", "10.0.0.2"),
        ("10.0.0.2", "[203.0.113.9", "10.0.0.2"),
        ("10.0.0.2", "fe80::1%'; DROP TABLE", "10.0.0.2"),
        ("10.0.0.2", "\N{ARABIC-INDIC DIGIT ONE}.2.3.4", "10.0.0.2"),
        ("", "", ""),
        ("", "<script>", ""),
        # Not from our proxy: what the header says changes nothing.
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("203.0.113.9", "1.2.3.4, 10.0.0.2", "203.0.113.9"),
        ("2001:db8:8::1", "1.2.3.4", "2001:db8:8::1"),
    ],
)
def test_client_address(peer, forwarded_for, expected):
    assert client_address(peer, forwarded_for, OURS) == expected


def test_many_hops_end_at_the_first_that_is_not_ours():
    hops = ["1.2.3.4"] * 1000 + ["203.0.113.9"] + ["192.168.7.1"] * 1000
    assert client_address("10.0.0.2", ",".join(hops), OURS) == "203.0.113.9"


@pytest.mark.parametrize("peer", ["", "10.0.0.2", "2001:db8:7::1"])
def test_without_a_configured_proxy_nobody_is_believed(peer):
    assert client_address(peer, "1.2.3.4", NOBODY) == peer


def test_unix_socket_is_believed_only_when_it_is_named():
    assert client_address("", "1.2.3.4", TrustedProxies.named(["10.0.0.2"])) == ""
    assert client_address("10.0.0.2", "1.2.3.4", TrustedProxies.named(["unix"])) == "10.0.0.2"


@pytest.mark.parametrize("items", [["caddy"], ["10.0.0.2/33"], ["0.0.0.0/0"], ["::/0"], ["10.0.0.2:80"]])
def test_what_names_no_proxy_is_refused(items):
    with pytest.raises(ValueError, match=r".+"):
        TrustedProxies.named(items)


def test_addresses_are_written_one_way():
    assert str(parse_address("2001:0DB8::0009")) == "2001:db8::9"
    assert parse_address("localhost") is None


def seen_by_a_view(settings, proxies: list[str], **meta: str) -> dict[str, str]:
    settings.TRUSTED_PROXIES = TrustedProxies.named(proxies)
    request = RequestFactory().get("/", **meta)
    believe_only_our_proxy(lambda request: HttpResponse())(request)
    names = ["REMOTE_ADDR", *(name for name in request.META if "FORWARD" in name or "REAL" in name)]
    return {name: request.META[name] for name in names}


CLAIMS = {
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "evil.test",
    "HTTP_X_FORWARDED_PORT": "1",
    "HTTP_X_REAL_IP": "1.2.3.4",
    "HTTP_FORWARDED": "for=1.2.3.4;proto=https",
}


def test_a_strangers_claims_are_gone(settings):
    seen = seen_by_a_view(settings, ["10.0.0.2"], REMOTE_ADDR="198.51.100.7", **CLAIMS)
    assert seen == {"REMOTE_ADDR": "198.51.100.7"}


def test_our_proxy_tells_address_and_scheme_and_nothing_else(settings):
    seen = seen_by_a_view(settings, ["unix"], REMOTE_ADDR="", **CLAIMS)
    assert seen == {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_PROTO": "https"}
