"""Whose request it is. What a proxy says of its client is believed only when the connection comes from that proxy."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

# With a port, as some proxies write it; an IPv6 address then stands in brackets.
_WITH_PORT = re.compile(r"\[([^][]+)\](?::\d{1,5})?|([\d.]+):\d{1,5}")
# Everything else that claims to know where a request came from; nobody here may read it.
_OTHER_CLAIMS = [
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
]


@dataclass(frozen=True)
class TrustedProxies:
    """From TRUSTED_PROXIES: addresses, networks, or `unix` for whoever may open our unix socket."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    unix: bool = False

    @classmethod
    def named(cls, items: list[str]) -> "TrustedProxies":
        """Raises ValueError for what is neither `unix` nor a network, and for one that holds everybody."""
        networks = tuple(ip_network(item, strict=False) for item in items if item != "unix")
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("a network of everybody trusts everybody")
        return cls(networks, "unix" in items)

    def __bool__(self) -> bool:
        return self.unix or bool(self.networks)

    def __contains__(self, peer: str) -> bool:
        """Is the other end of this connection (REMOTE_ADDR, empty on a unix socket) one of them?"""
        if not peer:
            return self.unix
        address = parse_address(peer)
        return address is not None and any(address in network for network in self.networks)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address of one hop; None for anything else. A zone (%eth0) is free text, so such an address is refused."""
    match = _WITH_PORT.fullmatch(text := text.strip())
    text = (match[1] or match[2]) if match else text
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else getattr(address, "ipv4_mapped", None) or address


def subscriber(text: str) -> str:
    """One household or one phone: an IPv4 address, the /64 of an IPv6 address; empty where there is none."""
    network = _network(text, 32, 64)
    return str(network.network_address) if network else ""


def neighbourhood(text: str) -> str:
    """Enough to see a flood, too little to find a person: the /24 of an IPv4 address, the /48 of an IPv6 address; empty
    where there is none."""
    return str(_network(text, 24, 48) or "")


def _network(text: str, ipv4: int, ipv6: int) -> IPv4Network | IPv6Network | None:
    address = parse_address(text)
    return address and ip_network((address, ipv4 if address.version == 4 else ipv6), strict=False)


def client_address(peer: str, forwarded_for: str, proxies: TrustedProxies) -> str:
    """The last address in X-Forwarded-For that is no proxy of ours: what stands before it is the client's own word."""
    client = peer
    for hop in reversed(forwarded_for.split(",")):
        if client not in proxies or (address := parse_address(hop)) is None:
            break
        client = str(address)
    return client


def believe_only_our_proxy(get_response):
    """Middleware. From here on REMOTE_ADDR is the client's address; the header that told it is gone."""
    proxies = settings.TRUSTED_PROXIES

    def middleware(request):
        peer = request.META.get("REMOTE_ADDR", "")
        if peer in proxies:
            request.META["REMOTE_ADDR"] = client_address(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""), proxies)
        else:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        for name in _OTHER_CLAIMS:
            request.META.pop(name, None)
        return get_response(request)

    return middleware
