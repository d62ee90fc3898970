//! The page that a browser gets from the device itself: three fixed files, the same for everybody and for every device.
//! It learns what to show only after it has signed in.

use super::http::{Method, Request, Response};

/// A file of the page, if that is what was asked for.
pub(crate) fn file(request: &Request) -> Option<Response> {
    if request.method != Method::Get {
        return None;
    }
    match request.path.as_str() {
        "/" => Some(Response::file("text/html; charset=utf-8", include_str!("page/index.html"))),
        "/icon.svg" => Some(Response::file("image/svg+xml", include_str!("page/icon.svg"))),
        "/page.css" => Some(Response::file("text/css; charset=utf-8", include_str!("page/page.css"))),
        "/page.js" => Some(Response::file("text/javascript; charset=utf-8", include_str!("page/page.js"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_needs_nothing_from_elsewhere_and_no_inline_code() {
        let html = include_str!("page/index.html");
        assert!(!html.contains("<script>") && !html.contains("<style") && !html.contains(" style="));
        let is_handler = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).starts_with('=');
        assert!(!html.split(" on").skip(1).any(is_handler));
        for text in [html, include_str!("page/page.css"), include_str!("page/page.js")] {
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("innerHTML"));
        }
    }
}
