//! The device's page for a browser without script, as text made from what the agent knows. Whatever is not written in this
//! file stands there escaped: [`Html::raw`] takes texts of our own alone. Not here: what a form does (`agent/page.rs`).

use std::fmt::Write as _;

use super::visit::form_token;

/// A page that is being written.
#[derive(Debug)]
pub(crate) struct Html {
    out: String,
    german: bool,
    form: Option<String>,
}

impl Html {
    /// Begins a page. `secret` is of the browser that may send forms, `again_s` after how long it asks anew by itself.
    pub(crate) fn new(german: bool, title: &str, secret: Option<&str>, again_s: Option<u32>) -> Self {
        let mut page = Self { out: String::with_capacity(8 * 1024), german, form: secret.map(form_token) };
        page.raw(if german { "<!doctype html><html lang=\"de\">" } else { "<!doctype html><html lang=\"en\">" });
        page.raw(
            "<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        );
        page.raw("<meta name=\"color-scheme\" content=\"light dark\">");
        if let Some(seconds) = again_s {
            let _ = write!(page.out, "<meta http-equiv=\"refresh\" content=\"{seconds}\">");
        }
        page.raw("<title>").text(title);
        page.raw("</title><link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">");
        page.raw("<link rel=\"stylesheet\" href=\"/page.css\"></head><body>");
        page
    }

    /// The whole page.
    pub(crate) fn end(mut self) -> String {
        self.raw("</main></body></html>");
        self.out
    }

    /// A text of our own, markup and all.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Any text, escaped for content and attributes alike.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                c if c.is_control() && c != '\n' => self.out.push('\u{fffd}'),
                c => self.out.push(c),
            }
        }
        self
    }

    /// One of two texts of our own, by the reader's language.
    pub(crate) const fn say(&self, english: &'static str, german: &'static str) -> &'static str {
        if self.german { german } else { english }
    }

    /// The same, written.
    pub(crate) fn tell(&mut self, english: &'static str, german: &'static str) -> &mut Self {
        let words = self.say(english, german);
        self.text(words)
    }

    /// A paragraph of ours.
    pub(crate) fn p(&mut self, english: &'static str, german: &'static str) -> &mut Self {
        self.raw("<p>").tell(english, german).raw("</p>")
    }

    /// A heading of a card, which begins with it.
    pub(crate) fn card(&mut self, english: &'static str, german: &'static str) -> &mut Self {
        self.raw("<section class=\"card\"><h2>").tell(english, german).raw("</h2>")
    }

    /// Begins a form that is sent to a path of ours, with its token.
    pub(crate) fn form(&mut self, path: &'static str) -> &mut Self {
        self.raw("<form method=\"post\" action=\"").raw(path).raw("\">");
        if let Some(token) = self.form.clone() {
            self.hidden("form", &token);
        }
        self
    }

    /// A hidden field.
    pub(crate) fn hidden(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw("<input type=\"hidden\" name=\"").raw(name).raw("\" value=\"").text(value).raw("\">")
    }

    /// A line of a list of facts.
    pub(crate) fn fact(&mut self, english: &'static str, german: &'static str, value: &str) -> &mut Self {
        self.raw("<dt>").tell(english, german).raw("</dt><dd>").text(value).raw("</dd>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_from_outside_stands_there_escaped() {
        let mut page = Html::new(false, "<script>alert(1)</script>", Some("secret"), None);
        page.raw("<main>").text("\"'><img src=x onerror=y>\u{7}");
        page.form("/page/set").hidden("name", "\"><b>").raw("</form>");
        let page = page.end();
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"), "{page}");
        assert!(page.contains(&form_token("secret")) && !page.contains("secret\""), "{page}");
        assert!(Html::new(true, "x", None, Some(3)).end().contains("lang=\"de\""));
    }
}
