//! Decides which addresses are public: only global unicast ones, and only IPv6 addresses that hide no IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Special-purpose blocks of IPv4 (IANA's registry, RFC 6890 and its successors).
const SPECIAL_V4: &[Ipv4Net] = &[
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

/// Blocks that no setting can open: "no host at all", link-local, multicast, and the metadata services of clouds.
const CLOSED_V4: &[Ipv4Net] = &[
    v4(0, 0, 0, 0, 8),
    v4(100, 100, 100, 200, 32),
    v4(168, 63, 129, 16, 32),
    v4(169, 254, 0, 0, 16),
    v4(192, 0, 0, 192, 32),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

/// The only block of IPv6 that holds public addresses.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// Special-purpose blocks inside it: protocol assignments with Teredo, documentation (two), 6to4, the former 6bone.
const SPECIAL_V6: &[Ipv6Net] =
    &[v6(0x2001, 0, 23), v6(0x2001, 0xdb8, 32), v6(0x2002, 0, 16), v6(0x3ffe, 0, 16), v6(0x3fff, 0, 20)];

/// Blocks that no setting can open, as above; clouds also have metadata services at unique local addresses.
const CLOSED_V6: &[Ipv6Net] = &[
    Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128),
    v6(0xfe80, 0, 10),
    v6(0xff00, 0, 8),
    v6(0xfd00, 0xec2, 32),
    Ipv6Net::new_assert(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128),
    Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42), 128),
    // NAT64 for local use: only its operator knows which bits hold the IPv4 address.
    Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
];

/// Blocks whose addresses end in an IPv4 address: IPv4-compatible, IPv4-mapped, SIIT, NAT64.
const V4_AT_THE_END: &[Ipv6Net] = &[
    v6(0, 0, 96),
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
    Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96),
    v6(0x64, 0xff9b, 96),
];

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(first: u16, second: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), bits)
}

/// True if the address is public.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !SPECIAL_V4.iter().any(|block| block.contains(&ip)),
        IpAddr::V6(ip) => {
            let special = SPECIAL_V6.iter().any(|block| block.contains(&ip));
            GLOBAL_V6.contains(&ip) && !special && !is_isatap(ip)
        }
    }
}

/// True if no setting can open the address.
pub(super) fn is_closed(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => CLOSED_V4.iter().any(|block| block.contains(&ip)),
        IpAddr::V6(ip) => CLOSED_V6.iter().any(|block| block.contains(&ip)),
    }
}

/// Returns the IPv4 address that traffic to this IPv6 address may reach.
pub(super) fn inner(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, high, low, _, _, _, seventh, eighth] = ip.segments();
    let pair = |high, low| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    let is_loopback_or_none = ip.is_loopback() || ip.is_unspecified();
    if V4_AT_THE_END.iter().any(|block| block.contains(&ip)) && !is_loopback_or_none || is_isatap(ip) {
        return pair(seventh, eighth);
    }
    if v6(0x2002, 0, 16).contains(&ip) {
        return pair(high, low);
    }
    // Teredo: the client's address with all bits inverted (RFC 4380 section 4).
    if v6(0x2001, 0, 32).contains(&ip) { pair(!seventh, !eighth) } else { None }
}

/// True for ISATAP, which marks the second half of an address in any network (RFC 5214 section 6.1).
fn is_isatap(ip: Ipv6Addr) -> bool {
    let [_, _, _, _, fifth, sixth, _, _] = ip.segments();
    // The two ignored bits say whether the interface identifier is universal, and whether it is a group.
    fifth & !0x0300 == 0 && sixth == 0x5efe
}
