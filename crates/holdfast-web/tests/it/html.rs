//! A small reader of our own HTML: are elements nested, attributes quoted, and is nothing there that the policy forbids?

/// Elements without an end (HTML Living Standard §13.1.2), and the drawing elements that close themselves.
const VOID: [&str; 9] = ["meta", "link", "input", "br", "hr", "img", "rect", "path", "line"];

/// Why a page is not well formed; `None` if it is.
pub(crate) fn fault(page: &str) -> Option<String> {
    let mut open: Vec<String> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!doctype html>")?;
    while let Some(at) = rest.find('<') {
        let end = tag_end(&rest[at..])? + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            match open.pop() {
                Some(last) if last == name => {}
                other => return Some(format!("</{name}> closes {other:?} in {open:?}")),
            }
            continue;
        }
        let (name, attributes) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        if let Some(bad) = forbidden(name, attributes) {
            return Some(bad);
        }
        if let Some((_, id)) = format!(" {attributes}").split_once(" id=\"") {
            let id = id.split('"').next().unwrap_or_default().to_owned();
            if ids.contains(&id) {
                return Some(format!("the id {id} is there twice"));
            }
            ids.push(id);
        }
        let name = name.trim_end_matches('/');
        if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    open.last().map(|name| format!("<{name}> is never closed"))
}

/// Where a tag ends, minding quoted values.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '>') => return Some(at),
            _ => {}
        }
    }
    None
}

fn forbidden(name: &str, attributes: &str) -> Option<String> {
    let names = attribute_names(attributes);
    let inline = names.iter().find(|name| name.starts_with("on") || *name == "style" || name.starts_with("hx-on"));
    let foreign = attributes.contains("src=\"http") || (name == "link" && attributes.contains("href=\"http"));
    let evaluated = attributes.contains("js:")
        || attributes.split("hx-trigger=\"").nth(1).is_some_and(|t| t.split('"').next().unwrap_or("").contains('['));
    let script = name == "script" && !attributes.contains("src=\"/static/");
    match (inline, foreign || evaluated || script || name == "style") {
        (Some(bad), _) => Some(format!("{bad} on <{name}>")),
        (None, true) => Some(format!("<{name} {attributes}> is against the policy")),
        (None, false) => None,
    }
}

fn attribute_names(attributes: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut quoted = false;
    let mut name = String::new();
    for c in attributes.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                name.clear();
            }
            _ if quoted => {}
            '=' | ' ' | '\n' => {
                if !name.is_empty() {
                    names.push(std::mem::take(&mut name));
                }
            }
            c => name.push(c),
        }
    }
    names
}

#[test]
fn crossed_unclosed_inline_and_repeated_things_are_found() {
    for bad in [
        "<!doctype html><p><b></p></b>",
        "<!doctype html><p>",
        "<!doctype html><p onclick=\"x\"></p>",
        "<!doctype html><p style=\"x\"></p>",
        "<!doctype html><script>1</script>",
        "<!doctype html><p id=\"a\"></p><p id=\"a\"></p>",
        "<!doctype html><p hx-trigger=\"click[x]\"></p>",
    ] {
        assert!(fault(bad).is_some(), "{bad}");
    }
    assert_eq!(fault("<!doctype html><p title=\"a > b\">x<br></p>"), None);
}
