//! Statements about requests that are known by a key of their sender.

use super::catalogue;

catalogue! { IDEMPOTENCY:
    KEPT_REQUEST = "select request_digest, began, status, content_type, answer from kept_request
        where person = $1 and key_hash = $2";
    KEPT_REQUESTS_COUNT = "select count(*) from kept_request where person = $1";
    KEPT_REQUEST_ADD = "insert into kept_request (person, key_hash, request_digest, began) values ($1, $2, $3, $4)";
    KEPT_REQUEST_END = "update kept_request set status = $1, content_type = $2, answer = $3
        where person = $4 and key_hash = $5 and status is null";
    KEPT_REQUEST_FORGET = "delete from kept_request where person = $1 and key_hash = $2 and status is null";
    KEPT_REQUESTS_EXPIRE = "delete from kept_request where (person, key_hash) in (
        select person, key_hash from kept_request where began <= $1 order by began limit $2)";
}
