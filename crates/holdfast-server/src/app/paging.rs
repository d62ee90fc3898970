//! Lists page by page: cursors in, cursors out.

use holdfast_core::time::Timestamp;
use holdfast_store::telemetry::MessageCursor;
use holdfast_web::backend::{Answer, Page, PageAsk, RefusalKind, Stop};

use super::refuse;

/// The page's cursor as an id.
pub(super) fn cursor<T: std::str::FromStr>(page: &PageAsk) -> Answer<Option<T>> {
    page.after.as_deref().map(|text| text.parse().map_err(|_| malformed())).transpose()
}

/// One row more than asked for tells whether there is a next page.
pub(super) fn one_more(page: &PageAsk) -> u32 {
    u32::from(page.rows) + 1
}

/// Cuts the extra row off and makes the cursor.
pub(super) fn cut<T>(mut rows: Vec<T>, page: &PageAsk, key: impl Fn(&T) -> String) -> Page<T> {
    let more = rows.len() > usize::from(page.rows);
    rows.truncate(usize::from(page.rows));
    let next = if more { rows.last().map(key) } else { None };
    Page { rows, next }
}

/// A cursor of stored messages: time and counter of the last one shown.
pub(crate) fn message_cursor(text: &str) -> Answer<MessageCursor> {
    let (time, counter) = text.split_once('.').ok_or_else(malformed)?;
    let micros = time.parse().map_err(|_| malformed())?;
    let counter = counter.parse().map_err(|_| malformed())?;
    Ok(MessageCursor { device_time: Timestamp::from_micros(micros), counter })
}

fn malformed() -> Stop {
    refuse(RefusalKind::Malformed, "cursor-malformed", "`after` is not a cursor of this list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_page_with_a_row_beyond_it_has_a_next_one() {
        let ask = PageAsk::first(2);
        assert_eq!(
            cut(vec![1, 2, 3], &ask, ToString::to_string),
            Page { rows: vec![1, 2], next: Some("2".to_owned()) }
        );
        assert_eq!(cut(vec![1, 2], &ask, ToString::to_string), Page { rows: vec![1, 2], next: None });
    }

    #[test]
    fn a_message_cursor_is_two_numbers() {
        assert_eq!(message_cursor("-5.7").unwrap().counter, 7);
        for bad in ["", "5", "5.", ".7", "a.b", "1.2.3"] {
            assert!(message_cursor(bad).is_err(), "{bad}");
        }
    }
}
