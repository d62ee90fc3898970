//! Devices by a filter: its terms become closed pieces of a statement, what people typed becomes values alone.
//!
//! A page goes on by the last id it held, so that page a thousand costs what the first one costs. A filter without an
//! index of its own walks by id over an index that holds all that filters ask for, and reads whole rows of what it found.

use std::collections::BTreeMap;

use holdfast_core::id::{DeviceId, GroupId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::filter::{Filter, Order, Seen, Term, Test};
use holdfast_domain::fleet::group::{Group, Members};
use holdfast_domain::fleet::{Device, Enrolment};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::devices::device_row;
use crate::error::StoreError;
use crate::groups::group_row;
use crate::row::{self, Fields, all, one};
use crate::sql::{self, Piece};
use crate::store::Store;
use crate::words::Word;

/// What is known when a filter becomes a statement.
struct Ground {
    now: Timestamp,
    groups: BTreeMap<GroupId, Group>,
    /// Sequence numbers of the versions that a filter compares with, by product.
    sequences: BTreeMap<String, Vec<(String, i64)>>,
}

/// A statement with its values.
struct Query {
    text: String,
    values: Vec<Value>,
}

impl Query {
    /// The ids after `after` that fit, with `head` before them.
    fn of(head: &'static str, filter: &Filter, ground: &Ground, after: Option<&DeviceId>) -> Self {
        let mut query = Self { text: head.to_owned(), values: Vec::new() };
        query.text.push_str(sql::SEARCH_IDS);
        query.fitting(filter, ground, after);
        query
    }

    fn fitting(&mut self, filter: &Filter, ground: &Ground, after: Option<&DeviceId>) {
        self.value(Value::from(after.map_or("", DeviceId::as_str).to_owned()));
        for term in filter.terms() {
            self.text.push_str(" and ");
            self.term(term, ground);
        }
    }

    /// Devices that fit, counted by what a rule sees in a device's row.
    fn classes(filter: &Filter, ground: &Ground) -> Self {
        let [head, rest] = sql::SEARCH_CLASSES;
        let mut query = Self { text: head.to_owned(), values: Vec::new() };
        query.value(Value::from(ground.now.as_micros()));
        query.text.push_str(rest);
        query.fitting(filter, ground, None);
        query.text.push_str(sql::SEARCH_CLASSES_END);
        query
    }

    /// The version's sequence number is looked up once, not for each device.
    fn beside(&mut self, order: Order, version: &str, negated: bool, ground: &Ground) {
        let known = ground.sequences.get(version).map_or(&[][..], Vec::as_slice);
        self.text.push_str("((1 = 0)");
        for (product, sequence) in known {
            self.text.push_str(" or (");
            self.piece(version_piece(order), false, [Value::from(product.clone()), Value::from(*sequence)]);
            self.text.push(')');
        }
        self.text.push_str(if negated { ") is not true" } else { ")" });
    }

    fn value(&mut self, value: Value) {
        self.values.push(value);
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
    }

    fn piece(&mut self, piece: Piece, negated: bool, values: impl IntoIterator<Item = Value>) {
        let mut values = values.into_iter();
        for (at, part) in (if negated { piece.is_not } else { piece.is }).split('#').enumerate() {
            if at > 0 {
                self.value(values.next().unwrap_or(Value::Null));
            }
            self.text.push_str(part);
        }
    }

    fn term(&mut self, term: &Term, ground: &Ground) {
        let (not, text) = (term.negated, |text: &str| [Value::from(text.to_owned())]);
        let ago = |span: holdfast_core::time::Millis| {
            let micros = i64::try_from(span.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
            [Value::from(ground.now.as_micros().saturating_sub(micros))]
        };
        match &term.test {
            // No id holds a character that `like` takes for more than itself.
            Test::Contains(part) => self.piece(sql::WHERE_CONTAINS, not, text(&format!("%{part}%"))),
            Test::Begins(part) => {
                let range = [Value::from(part.clone()), Value::from(format!("{part}\u{7f}"))];
                self.piece(sql::WHERE_BEGINS, not, range);
            }
            Test::Product(product) => self.piece(sql::WHERE_OF_PRODUCT, not, text(product.as_str())),
            Test::Version(Order::Same, version) => self.piece(sql::WHERE_RUNS, not, text(version)),
            Test::Version(order, version) => self.beside(*order, version, not, ground),
            Test::State(state) => self.piece(sql::WHERE_IN_STATE, not, text(state.word())),
            Test::Quarantine(yes) => self.piece(sql::WHERE_CONTAINED, not == *yes, []),
            Test::Online(yes) => self.piece(sql::WHERE_ONLINE, not == *yes, [Value::from(ground.now.as_micros())]),
            Test::Group(group) => self.group(group, not, ground),
            Test::Batch(batch) => self.piece(sql::WHERE_OF_BATCH, not, text(&batch.to_string())),
            Test::Alert(open) => self.piece(sql::WHERE_ALERTED, not == *open, []),
            Test::Seen(Seen::Within(span)) => self.piece(sql::WHERE_HEARD, not, ago(*span)),
            Test::Seen(Seen::NotWithin(span)) => self.piece(sql::WHERE_HEARD, !not, ago(*span)),
            Test::Seen(Seen::Never) => self.piece(sql::WHERE_HEARD_EVER, !not, []),
            Test::Owner(yes) => self.piece(sql::WHERE_OWNED, not == *yes, []),
        }
    }

    /// Members of a group by hand, or whoever fits the filter of the other kind. A group that is not there has nobody.
    fn group(&mut self, id: &GroupId, not: bool, ground: &Ground) {
        let Some(Members::Fitting(filter)) = ground.groups.get(id).map(|group| &group.members) else {
            return self.piece(sql::WHERE_MEMBER_OF, not, [Value::from(id.to_string())]);
        };
        self.text.push('(');
        for (at, term) in filter.terms().iter().enumerate() {
            self.text.push_str(if at > 0 { " and " } else { "" });
            // The filter of a group names no group, so this goes no deeper.
            if !matches!(term.test, Test::Group(_)) {
                self.term(term, ground);
            }
        }
        self.text.push_str(if not { ") is not true" } else { ")" });
    }

    fn limited(mut self, limit: u32, tail: &'static str) -> Self {
        self.text.push_str(" order by d.id limit ");
        self.value(Value::from(limit));
        self.text.push_str(tail);
        self
    }

    fn rows<T>(
        &self,
        conn: &Connection,
        read: impl Fn(&mut Fields<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = conn.prepare_cached(&self.text)?;
        let mut rows = statement.query(params_from_iter(&self.values))?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            out.push(read(&mut Fields::new(row, "device"))?);
        }
        Ok(out)
    }
}

const fn version_piece(order: Order) -> Piece {
    match order {
        Order::Same => sql::WHERE_RUNS,
        Order::Before => sql::WHERE_RUNS_BEFORE,
        Order::UpTo => sql::WHERE_RUNS_UP_TO,
        Order::After => sql::WHERE_RUNS_AFTER,
        Order::From => sql::WHERE_RUNS_FROM,
    }
}

fn ground(conn: &Connection, filter: &Filter, now: Timestamp) -> Result<Ground, StoreError> {
    let mut ground = Ground { now, groups: BTreeMap::new(), sequences: BTreeMap::new() };
    for id in filter.groups() {
        if let Some(group) = one(conn, (sql::GROUP, "device_group"), [id.as_str()], group_row)? {
            ground.groups.insert(id.clone(), group);
        }
    }
    let of_groups = ground.groups.values().filter_map(|group| match &group.members {
        Members::Fitting(filter) => Some(filter.terms()),
        Members::Listed => None,
    });
    for term in filter.terms().iter().chain(of_groups.flatten()) {
        if let Test::Version(_, version) = &term.test {
            let known = all(conn, (sql::VERSION_SEQUENCES, "release"), [version], |f| Ok((f.text()?, f.number()?)))?;
            ground.sequences.insert(version.clone(), known);
        }
    }
    Ok(ground)
}

/// Devices of which a rule that sees only their row decides the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceClass {
    /// The state of enrolment that they share.
    pub enrolment: Enrolment,
    /// Why they are in quarantine, if they are.
    pub quarantine_reason: Option<String>,
    /// How many they are.
    pub devices: u64,
    /// How many of them are online.
    pub online: u64,
    /// One of them.
    pub example: DeviceId,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// Devices that fit a filter by id, rising, after `after` if given.
    pub fn search_devices(
        &self,
        (filter, now): (&Filter, Timestamp),
        after: Option<&DeviceId>,
        limit: u32,
    ) -> Result<Vec<Device>, StoreError> {
        self.read(|conn| {
            let ground = ground(conn, filter, now)?;
            let query = Query::of(sql::SEARCH_ROWS, filter, &ground, after);
            let mut found = query.limited(limit, sql::SEARCH_ROWS_END).rows(conn, device_row)?;
            found.sort_by(|a, b| a.id.cmp(&b.id));
            Ok(found)
        })
    }

    /// Ids of devices that fit a filter, rising, after `after` if given.
    pub fn search_ids(
        &self,
        (filter, now): (&Filter, Timestamp),
        after: Option<&DeviceId>,
        limit: u32,
    ) -> Result<Vec<DeviceId>, StoreError> {
        self.read(|conn| {
            let ground = ground(conn, filter, now)?;
            Query::of("", filter, &ground, after).limited(limit, "").rows(conn, row::parsed)
        })
    }

    /// How many devices fit a filter; counting stops at `limit`.
    pub fn search_count(&self, (filter, now): (&Filter, Timestamp), limit: u32) -> Result<u64, StoreError> {
        self.read(|conn| {
            let ground = ground(conn, filter, now)?;
            let query = Query::of(sql::SEARCH_COUNT, filter, &ground, None);
            let counted = query.limited(limit, sql::SEARCH_COUNT_END).rows(conn, row::number)?;
            Ok(counted.first().copied().unwrap_or(0))
        })
    }

    /// Devices that fit a filter, counted by what a rule sees in their row: one pass, however many they are.
    pub fn search_classes(&self, (filter, now): (&Filter, Timestamp)) -> Result<Vec<DeviceClass>, StoreError> {
        self.read(|conn| {
            let ground = ground(conn, filter, now)?;
            Query::classes(filter, &ground).rows(conn, |f| {
                Ok(DeviceClass {
                    enrolment: f.word()?,
                    quarantine_reason: f.optional(Fields::text)?,
                    devices: f.number()?,
                    online: f.number()?,
                    example: f.parsed()?,
                })
            })
        })
    }

    /// The first ids of a class, rising.
    pub fn search_class(
        &self,
        (filter, now): (&Filter, Timestamp),
        class: &DeviceClass,
        limit: u32,
    ) -> Result<Vec<DeviceId>, StoreError> {
        self.read(|conn| {
            let ground = ground(conn, filter, now)?;
            let mut query = Query::of("", filter, &ground, None);
            query.text.push_str(" and ");
            let state = Value::from(class.enrolment.word().to_owned());
            match &class.quarantine_reason {
                Some(why) => query.piece(sql::WHERE_CLASS_CONTAINED, false, [state, Value::from(why.clone())]),
                None => query.piece(sql::WHERE_CLASS_FREE, false, [state]),
            }
            query.limited(limit, "").rows(conn, row::parsed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Vec<String> {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migrate::migrate(&mut conn).unwrap();
        let filter = Filter::parse(text).unwrap();
        let query = Query::of(sql::SEARCH_ROWS, &filter, &known(), None).limited(50, sql::SEARCH_ROWS_END);
        steps(&conn, &query)
    }

    /// What is known of a fleet of one product with one release.
    fn known() -> Ground {
        let sequences = [("1.2.0".to_owned(), vec![("hearth".to_owned(), 3)])].into();
        Ground { now: Timestamp::from_micros(1), groups: BTreeMap::new(), sequences }
    }

    fn steps(conn: &Connection, query: &Query) -> Vec<String> {
        let mut explain = conn.prepare(&format!("explain query plan {}", query.text)).unwrap();
        let steps = explain.query_map(params_from_iter(&query.values), |row| row.get(3)).unwrap();
        steps.map(Result::unwrap).collect()
    }

    /// The step of a plan that finds devices.
    fn way(text: &str) -> String {
        let plan = plan(text);
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{text} is sorted: {plan:?}");
        plan.iter().find(|step| step.contains(" d ")).unwrap_or_else(|| panic!("{text}: {plan:?}")).clone()
    }

    #[test]
    fn what_walks_the_fleet_looks_at_an_index_alone_and_reads_rows_of_what_it_found() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migrate::migrate(&mut conn).unwrap();
        let sparse =
            ["", "0042", "owner:no", "online:no", "seen:>30d", "version:<1.2.0", "version:>=1.2.0", "alert:none"];
        for text in sparse.into_iter().chain(["quarantine:no version:<1.2.0", "-product:hearth", "-version:1.2.0"]) {
            let filter = Filter::parse(text).unwrap();
            let ids = Query::of(sql::SEARCH_COUNT, &filter, &known(), None).limited(50, sql::SEARCH_COUNT_END);
            for query in [ids, Query::classes(&filter, &known())] {
                let plan = steps(&conn, &query);
                let walk = plan.iter().find(|step| step.contains(" d ")).unwrap();
                assert!(walk.contains("COVERING INDEX"), "{text}: {walk} of {plan:?}");
            }
        }
    }

    #[test]
    fn every_common_filter_finds_its_devices_by_an_index_and_in_order() {
        for (text, by) in [
            ("", "id>?"),
            ("hearth-00*", "id>? AND id<?"),
            ("product:hearth", "device_by_product (product=? AND id>?)"),
            ("state:accepted", "device_by_enrolment (enrolment=? AND id>?)"),
            ("version:1.2.0", "device_by_version (software_version=? AND id>?)"),
            ("quarantine:yes", "device_contained"),
            ("batch:019ab1d2-aaaa-7aaa-8aaa-aaaaaaaaaaaa", "device_by_batch (batch=? AND id>?)"),
            ("group:beta-testers", "id=?"),
            ("alert:open", "id=?"),
            ("product:hearth -state:revoked seen:<7d", "device_by_product (product=? AND id>?)"),
        ] {
            let way = way(text);
            assert!(way.starts_with("SEARCH d") && way.contains(by), "{text}: {way}");
        }
    }

    #[test]
    fn a_filter_that_has_no_index_walks_by_id_from_where_the_last_page_ended() {
        for text in
            ["0042", "online:no", "seen:>30d", "owner:no", "version:<1.2.0", "-group:beta-testers", "alert:none"]
        {
            let way = way(text);
            assert!(way.starts_with("SEARCH d") && way.contains("id>?"), "{text}: {way}");
        }
    }

    #[test]
    fn what_people_typed_is_in_no_statement() {
        let filter = Filter::parse("product:hearth version:\"1' or 1=1\" zzz").unwrap();
        let query = Query::of("", &filter, &known(), None);
        for typed in ["hearth", "or 1=1", "zzz"] {
            assert!(!query.text.contains(typed), "{}", query.text);
        }
    }
}
