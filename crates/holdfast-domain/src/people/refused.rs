//! Passwords that are refused whatever their length: those of the worm Mirai, others that attackers try first, and names.
//!
//! Only what is certainly bad stands here; how hard a password is to guess is measured by the server besides.

/// Names and passwords with which the worm Mirai took devices over in 2016 (its published scanner table).
pub const MIRAI: [(&str, &str); 61] = [
    ("root", "xc3511"),
    ("root", "vizxv"),
    ("root", "admin"),
    ("admin", "admin"),
    ("root", "888888"),
    ("root", "xmhdipc"),
    ("root", "default"),
    ("root", "juantech"),
    ("root", "123456"),
    ("root", "54321"),
    ("support", "support"),
    ("root", ""),
    ("admin", "password"),
    ("root", "root"),
    ("root", "12345"),
    ("user", "user"),
    ("admin", ""),
    ("root", "pass"),
    ("admin", "admin1234"),
    ("root", "1111"),
    ("admin", "smcadmin"),
    ("admin", "1111"),
    ("root", "666666"),
    ("root", "password"),
    ("root", "1234"),
    ("root", "klv123"),
    ("Administrator", "meinsm"),
    ("service", "service"),
    ("supervisor", "supervisor"),
    ("guest", "guest"),
    ("guest", "12345"),
    ("admin1", "password"),
    ("administrator", "1234"),
    ("666666", "666666"),
    ("888888", "888888"),
    ("ubnt", "ubnt"),
    ("root", "klv1234"),
    ("root", "Zte521"),
    ("root", "hi3518"),
    ("root", "jvbzd"),
    ("root", "anko"),
    ("root", "zlxx."),
    ("root", "7ujMko0vizxv"),
    ("root", "7ujMko0admin"),
    ("root", "system"),
    ("root", "ikwb"),
    ("root", "dreambox"),
    ("root", "user"),
    ("root", "realtek"),
    ("root", "00000000"),
    ("admin", "1111111"),
    ("admin", "1234"),
    ("admin", "12345"),
    ("admin", "54321"),
    ("admin", "123456"),
    ("admin", "7ujMko0admin"),
    ("admin", "4321"),
    ("admin", "pass"),
    ("admin", "meinsm"),
    ("tech", "tech"),
    ("mother", "fucker"),
];

/// Others that every attacker tries first, and words of this product.
const COMMON: [&str; 40] = [
    "password",
    "passw0rd",
    "letmein",
    "welcome",
    "changeme",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "iloveyou",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "superman",
    "batman",
    "trustno1",
    "master",
    "hello",
    "secret",
    "login",
    "abc123",
    "1q2w3e4r",
    "1qaz2wsx",
    "zaq12wsx",
    "123456789",
    "1234567890",
    "987654321",
    "11111111",
    "correcthorsebatterystaple",
    "holdfast",
    "administrator",
    "owner",
    "device",
    "camera",
    "thermostat",
    "router",
    "iot",
    "smarthome",
];

/// Fewest characters that must be left when refused words are taken out: a word with a year behind it is not a password.
const REST_MIN: usize = 6;

/// Whether a password is refused: it is one of the list or one of `names`, or little is left of it without them.
#[must_use]
pub fn is_refused(password: &str, names: &[String]) -> bool {
    let plain = fold(password);
    if plain.is_empty() {
        return true;
    }
    let listed = MIRAI.iter().flat_map(|(name, word)| [*name, *word]).chain(COMMON).map(fold);
    let mut words: Vec<String> = listed.chain(names.iter().flat_map(|name| parts(name))).collect();
    words.retain(|word| word.len() >= 3);
    // The longest first, so that a short word does not break a long one.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = plain;
    for word in &words {
        rest = rest.replace(word.as_str(), "");
    }
    rest.chars().count() < REST_MIN
}

/// A name as a whole and by its words.
fn parts(name: &str) -> Vec<String> {
    let mut all: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(fold).collect();
    all.push(fold(name));
    all
}

/// Without case, spaces and marks: `Pass-Word` is `password`.
fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_mirai_is_refused_and_so_is_name_with_password() {
        assert_eq!(MIRAI.len(), 61);
        for (name, word) in MIRAI {
            for text in [word.to_owned(), format!("{name}{word}"), format!("{word}{word}{word}"), word.to_uppercase()] {
                assert!(is_refused(&text, &[]), "{text}");
            }
        }
    }

    #[test]
    fn names_of_the_product_the_maker_and_the_person_are_no_passwords() {
        let names = ["Hearth thermostat".to_owned(), "hearthworks.example".to_owned(), "Ada Okafor".to_owned()];
        for text in ["HearthThermostat2026", "hearthworks-example!", "ada.okafor.ada", "holdfast-holdfast"] {
            assert!(is_refused(text, &names), "{text}");
        }
        assert!(is_refused("", &[]) && is_refused("---!!!---", &[]));
    }

    #[test]
    fn words_that_have_nothing_to_do_with_each_other_are_taken() {
        for text in ["violet harbour spoon eleven", "Regen trommelt auf Blech", "kq7#mV2p!xT9zr"] {
            assert!(!is_refused(text, &["Hearth thermostat".to_owned()]), "{text}");
        }
    }
}
