//! Statements about what people are told of products: notes of releases, notices, announced changes, news by mail.

use super::catalogue;

catalogue! { TIDINGS:
    NOTE_ADD = "insert into release_note (manifest, version, document, person, at) values ($1, $2, $3, $4, $5)";
    NOTE_HIGHEST = "select coalesce(max(version), 0) from release_note where manifest = $1";
    NOTES = "select manifest, version, document, person, at from release_note where manifest = $1
        order by version desc limit $2";
}
