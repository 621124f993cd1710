"""Which network addresses a request may be carried to: public ones, and private ones only where the settings say so.

An address can hide another (IPv4 in IPv6, NAT64, 6to4, Teredo): what counts is where the packet ends. Pure: names are
turned into addresses by the client, and each address that it connects to is asked about here, not the name.
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address, IPv6Network

#: Networks that carry an IPv4 address in their last 32 bits: RFC 6052 section 2.1, RFC 8215, RFC 4291 section 2.5.5.1.
_CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))
#: Doors to the machine's own identity in a cloud that look public: Azure's wire server.
_METADATA = frozenset({IPv4Address(0xA83F8110)})
#: The same inside private space, never opened by `allow_private`: Alibaba's and AWS's over IPv6.
_METADATA_PRIVATE = frozenset({IPv4Address("100.100.100.200"), IPv6Address("fd00:ec2::254")})
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")  # RFC 6598: carriers' NAT


def refusal(address: str, *, private: bool) -> str:
    """Why no request is carried to this address, in a few words; "" if it may be. private: the settings allow it.

    Raises ValueError for what is no address.
    """
    ip = _innermost(ipaddress.ip_address(address.partition("%")[0]))
    if ip.is_unspecified or ip.is_multicast or ip in _METADATA or ip in _METADATA_PRIVATE:
        return "no place to send to"
    if ip.is_link_local:  # a cloud's metadata: who answers there hands out the machine's credentials
        return "link-local"
    if isinstance(ip, IPv6Address) and ip.is_site_local:  # RFC 3879: no longer given out, and still routed inside
        return "" if private else "private"
    if ip.is_global:
        return ""
    ours = ip.is_loopback or (ip.is_private and not ip.is_reserved) or ip in _SHARED
    if not ours:
        return "reserved"
    return "" if private else "private"


def _innermost(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address inside, where one carries another."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip not in (IPv6Address("::"), IPv6Address("::1")) and any(ip in network for network in _CARRIERS):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
