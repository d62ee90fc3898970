//! With whom a product talks, read from its manufacturer usage description (RFC 8520) that the maker put into the dossier.
//!
//! Owns which rules of the description become words for people. Does not enforce them, and fetches nothing.

use serde_json::Value as Json;

/// Most peers that are told.
const PEERS_MAX: usize = 64;
/// Longest name of a peer (RFC 1035 §2.3.4).
const NAME_BYTES_MAX: usize = 253;

/// A description: its document, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mud {
    /// The document, JSON text as it was given.
    pub document: String,
    /// With whom the product talks, each once, in the order of the document.
    pub talks: Vec<Talk>,
}

/// One rule that lets the product talk to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// With whom.
    pub with: Peer,
    /// Protocol and port as people know them, such as `TCP 8883`; empty for any.
    pub port: String,
}

/// Somebody with whom a product talks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A host by name.
    Host(String),
    /// Anything in the same local network.
    LocalNetwork,
    /// What its owner puts in charge of it.
    Controller,
    /// Other devices of the same maker.
    SameMaker,
}

impl Mud {
    /// Reads a description; `None` if it is none.
    #[must_use]
    pub fn read(document: &Json) -> Option<Self> {
        document.get("ietf-mud:mud")?.get("mud-version")?;
        let lists = document.get("ietf-access-control-list:acls")?.get("acl")?.as_array()?;
        let mut talks: Vec<Talk> = Vec::new();
        for entry in lists.iter().filter_map(|list| list.get("aces")?.get("ace")?.as_array()).flatten() {
            let forwards = entry.pointer("/actions/forwarding").and_then(Json::as_str) == Some("accept");
            let Some(talk) = entry.get("matches").filter(|_| forwards).and_then(talk) else { continue };
            if !talks.contains(&talk) && talks.len() < PEERS_MAX {
                talks.push(talk);
            }
        }
        Some(Self { document: document.to_string(), talks })
    }
}

fn talk(matches: &Json) -> Option<Talk> {
    let ip = ["ipv4", "ipv6"].into_iter().find_map(|name| matches.get(name));
    let host = ip.and_then(|ip| {
        let of = |member: &str| ip.get(member).and_then(Json::as_str);
        of("ietf-acldns:dst-dnsname").or_else(|| of("ietf-acldns:src-dnsname"))
    });
    let with = match (host, matches.get("ietf-mud:mud")) {
        (Some(host), _) if is_name(host) => Peer::Host(host.trim_end_matches('.').to_ascii_lowercase()),
        (None, Some(mud)) if mud.get("local-networks").is_some() => Peer::LocalNetwork,
        (None, Some(mud)) if mud.get("same-manufacturer").is_some() || mud.get("manufacturer").is_some() => {
            Peer::SameMaker
        }
        (None, Some(mud)) if mud.get("controller").is_some() || mud.get("my-controller").is_some() => Peer::Controller,
        _ => return None,
    };
    let protocol = ["tcp", "udp"].into_iter().find(|name| matches.get(name).is_some());
    let port = protocol.and_then(|protocol| {
        let at = |side: &str| matches.get(protocol)?.get(side)?.get("port")?.as_u64();
        at("destination-port").or_else(|| at("source-port")).map(|port| format!("{} {port}", protocol.to_uppercase()))
    });
    Some(Talk { with, port: port.unwrap_or_default() })
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(aces: &str) -> Json {
        let text = format!(
            r#"{{"ietf-mud:mud":{{"mud-version":1}},
                "ietf-access-control-list:acls":{{"acl":[{{"name":"from","aces":{{"ace":[{aces}]}}}}]}}}}"#
        );
        serde_json::from_str(&text).expect("JSON")
    }

    #[test]
    fn a_description_becomes_the_list_of_whom_a_product_talks_to() {
        let accept = r#""actions":{"forwarding":"accept"}"#;
        let mud = Mud::read(&description(&format!(
            r#"{{"matches":{{"ipv4":{{"ietf-acldns:dst-dnsname":"Devices.Hearth.example."}},
                 "tcp":{{"destination-port":{{"operator":"eq","port":8883}}}}}},{accept}}},
               {{"matches":{{"ipv6":{{"ietf-acldns:dst-dnsname":"devices.hearth.example"}},
                 "tcp":{{"destination-port":{{"operator":"eq","port":8883}}}}}},{accept}}},
               {{"matches":{{"ietf-mud:mud":{{"local-networks":[null]}}}},{accept}}},
               {{"matches":{{"ietf-mud:mud":{{"my-controller":[null]}}}},{accept}}},
               {{"matches":{{"ipv4":{{"ietf-acldns:dst-dnsname":"evil.example"}}}},"actions":{{"forwarding":"drop"}}}}"#
        )))
        .expect("a description");
        let host = Talk { with: Peer::Host("devices.hearth.example".to_owned()), port: "TCP 8883".to_owned() };
        let plain = |with| Talk { with, port: String::new() };
        assert_eq!(mud.talks, [host, plain(Peer::LocalNetwork), plain(Peer::Controller)]);
    }

    #[test]
    fn what_is_no_description_or_no_name_is_not_told() {
        assert_eq!(Mud::read(&serde_json::json!({"a": 1})), None);
        let odd = r#"{"matches":{"ipv4":{"ietf-acldns:dst-dnsname":"<b>x</b>"}},"actions":{"forwarding":"accept"}}"#;
        assert!(Mud::read(&description(odd)).expect("a description").talks.is_empty());
    }
}
