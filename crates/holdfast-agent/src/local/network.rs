//! Which addresses count as the local network, and which of them this device has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whether an address is of a private network: RFC 1918, RFC 3927, RFC 4193, RFC 4291 §2.5.6, or of this device itself.
pub(crate) fn is_local(address: IpAddr) -> bool {
    match plain(address) {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback(),
    }
}

/// An IPv4 address that is written as IPv6 counts as what it is.
pub(crate) fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The private addresses of this device on the named interfaces; without names, on all but the loopback one.
pub(crate) fn own_addresses(interfaces: &[String]) -> Vec<SocketAddr> {
    let mut own: Vec<SocketAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|found| if interfaces.is_empty() { !found.is_loopback() } else { interfaces.contains(&found.name) })
        .filter(|found| is_local(found.ip()))
        .map(|found| match found.ip() {
            IpAddr::V6(v6) if v6.is_unicast_link_local() => {
                std::net::SocketAddrV6::new(v6, 0, 0, found.index.unwrap_or(0)).into()
            }
            address @ (IpAddr::V4(_) | IpAddr::V6(_)) => SocketAddr::new(address, 0),
        })
        .collect();
    own.sort();
    own.dedup();
    own
}

/// Whether `host` names this device: the address that was connected to, or its own local name, with the right port.
/// A page of another site that had its name lead here (DNS rebinding) does not.
pub(crate) fn is_own_host(host: &str, local: SocketAddr, own_name: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let right_port = |name: &str, rest: Option<&str>| match rest {
        Some(port) => port.parse() == Ok(local.port()) && !name.is_empty(),
        None => local.port() == 443,
    };
    if let Some(rest) = host.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else { return false };
        let address = address.split('%').next().unwrap_or_default();
        let is_own = address.parse::<Ipv6Addr>().is_ok_and(|v6| IpAddr::V6(v6) == local.ip());
        let port = if rest.is_empty() { None } else { rest.strip_prefix(':').or(Some("")) };
        return is_own && right_port(address, port);
    }
    let (name, port) = host.split_once(':').map_or((host.as_str(), None), |(name, port)| (name, Some(port)));
    let is_own = name.parse::<Ipv4Addr>().is_ok_and(|v4| IpAddr::V4(v4) == plain(local.ip()));
    (is_own || name.trim_end_matches('.') == own_name || (name == "localhost" && local.ip().is_loopback()))
        && right_port(name, port)
}

/// Whether a browser's `Origin` is the page that this device served under `host`.
pub(crate) fn is_own_origin(origin: &str, host: &str) -> bool {
    origin.strip_prefix("https://").is_some_and(|rest| rest.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_addresses_are_local() {
        for (address, local) in [
            ("192.168.1.7", true),
            ("10.200.0.1", true),
            ("172.16.9.9", true),
            ("169.254.1.1", true),
            ("127.0.0.1", true),
            ("fd00::1", true),
            ("fe80::1", true),
            ("::ffff:192.168.1.7", true),
            ("8.8.8.8", false),
            ("172.32.0.1", false),
            ("100.64.0.1", false),
            ("2001:db8::1", false),
            ("::ffff:8.8.8.8", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(is_local(address.parse().unwrap()), local, "{address}");
        }
    }

    #[test]
    fn a_name_that_was_bent_to_this_device_is_not_its_host() {
        let local: SocketAddr = "192.168.1.7:8443".parse().unwrap();
        for (host, own) in [
            ("192.168.1.7:8443", true),
            ("holdfast-0a1b2c3d.local:8443", true),
            ("HOLDFAST-0a1b2c3d.local.:8443", true),
            ("192.168.1.7", false),
            ("192.168.1.8:8443", false),
            ("evil.example:8443", false),
            ("localhost:8443", false),
            ("192.168.1.7.evil.example:8443", false),
            ("192.168.1.7:8443:8443", false),
            ("", false),
            ("[::1]:8443", false),
        ] {
            assert_eq!(is_own_host(host, local, "holdfast-0a1b2c3d.local"), own, "{host}");
        }
        let six: SocketAddr = "[fd00::7]:8443".parse().unwrap();
        assert!(is_own_host("[fd00::7]:8443", six, "x.local"));
        assert!(!is_own_host("[fd00::7]8443", six, "x.local"));
        assert!(!is_own_host("[fd00::8]:8443", six, "x.local"));
        assert!(is_own_origin("https://192.168.1.7:8443", "192.168.1.7:8443"));
        assert!(!is_own_origin("http://192.168.1.7:8443", "192.168.1.7:8443"));
        assert!(!is_own_origin("null", "192.168.1.7:8443"));
    }
}
