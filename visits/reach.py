"""Who can reach this installation: a poster with an address of this machine alone is of no use."""

import ipaddress
import socket
from urllib.parse import urlsplit


def reaches_only_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def lan_address() -> str:
    """This machine's address towards the network. Connecting a UDP socket sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
    except OSError:  # no network, or a service that systemd keeps away from it
        return ""
    return "" if reaches_only_this_machine(f"//{address}") else address
