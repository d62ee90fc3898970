//! The catalogue: every statement by name, in SQL that SQLite and PostgreSQL both understand. Placeholders are `$1`, `$2` …
//! in the order of their first use, so that both count them alike.

mod choices;
mod credentials;
mod custody;
mod dossier;
mod findings;
mod fleet;
mod groups;
mod help;
mod homes;
mod idempotency;
mod integrity;
mod keys;
mod ledger;
mod notices;
mod papers;
mod people;
mod redress;
mod shops;
mod telemetry;
mod tidings;
mod updates;

pub(crate) use choices::*;
pub(crate) use credentials::*;
pub(crate) use custody::*;
pub(crate) use dossier::*;
pub(crate) use findings::*;
pub(crate) use fleet::*;
pub(crate) use groups::*;
pub(crate) use help::*;
pub(crate) use homes::*;
pub(crate) use idempotency::*;
pub(crate) use integrity::*;
pub(crate) use keys::*;
pub(crate) use ledger::*;
pub(crate) use notices::*;
pub(crate) use papers::*;
pub(crate) use people::*;
pub(crate) use redress::*;
pub(crate) use shops::*;
pub(crate) use telemetry::*;
pub(crate) use tidings::*;
pub(crate) use updates::*;

/// One statement of the catalogue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement {
    #[cfg(test)]
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! catalogue {
    ($all:ident: $($name:ident = $text:expr;)*) => {
        $(pub(crate) const $name: crate::sql::Statement = crate::sql::Statement {
            #[cfg(test)]
            name: stringify!($name),
            text: $text,
        };)*
        #[cfg(test)]
        pub(crate) const $all: &[crate::sql::Statement] = &[$($name),*];
    };
}
use catalogue;

catalogue! { GROUND:
    MIGRATION_TABLE = "create table if not exists schema_migration (
        version integer not null primary key, name text not null, sha256 text not null)";
    MIGRATIONS_APPLIED = "select version, sha256 from schema_migration order by version";
    MIGRATION_RECORD = "insert into schema_migration (version, name, sha256) values ($1, $2, $3)";
    SAVEPOINT = "savepoint task";
    SAVEPOINT_UNDO = "rollback to savepoint task";
    SAVEPOINT_END = "release savepoint task";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_fits_the_migrated_schema_and_counts_its_placeholders_in_order() {
        let mut conn = rusqlite::Connection::open_in_memory().unwrap();
        crate::migrate::migrate(&mut conn).unwrap();
        for part in [
            GROUND,
            FINDINGS,
            CUSTODY,
            DOSSIERS,
            PAPERS,
            FLEET,
            GROUPS,
            UPDATES,
            TELEMETRY,
            INTEGRITY,
            PEOPLE,
            CREDENTIALS,
            LEDGER,
            KEYS,
            IDEMPOTENCY,
            NOTICES,
            HOMES,
            HELP,
            CHOICES,
            TIDINGS,
            SHOPS,
            REDRESS,
        ] {
            for statement in part {
                let prepared = conn.prepare(statement.text);
                let prepared = prepared.unwrap_or_else(|e| panic!("{}: {e}", statement.name));
                let mut highest = 0;
                for at in statement.text.split('$').skip(1) {
                    let digits: String = at.chars().take_while(char::is_ascii_digit).collect();
                    let number: usize = digits.parse().unwrap();
                    assert!(number <= highest + 1, "{}: ${number} comes too early", statement.name);
                    highest = highest.max(number);
                }
                assert_eq!(prepared.parameter_count(), highest, "{}", statement.name);
                for foreign in ["?", "json_", "datetime(", "ifnull(", "rowid", "glob "] {
                    assert!(!statement.text.contains(foreign), "{} is not portable: {foreign}", statement.name);
                }
            }
        }
    }

    #[test]
    fn what_is_deleted_by_age_or_looked_for_again_and_again_is_found_without_looking_at_everything() {
        let mut conn = rusqlite::Connection::open_in_memory().unwrap();
        crate::migrate::migrate(&mut conn).unwrap();
        let again_and_again = [ASIDES_WAITING, CA_FALLEN_SINCE, CERTIFICATES_OVER];
        for statement in [RETENTION_DROP, RETENTION_ASIDE, RETENTION_LOG].into_iter().chain(again_and_again) {
            let mut plan = conn.prepare(&format!("explain query plan {}", statement.text)).unwrap();
            for at in 1..=plan.parameter_count() {
                plan.raw_bind_parameter(at, 1_i64).unwrap();
            }
            let mut rows = plan.raw_query();
            while let Some(row) = rows.next().unwrap() {
                let step: String = row.get(3).unwrap();
                assert!(!step.starts_with("SCAN"), "{}: {step}", statement.name);
            }
        }
    }

    /// The steps of a statement's plan over an empty store; none of its values is looked at for a plan.
    fn steps(statement: Statement) -> Vec<String> {
        let mut conn = rusqlite::Connection::open_in_memory().unwrap();
        crate::migrate::migrate(&mut conn).unwrap();
        let mut plan = conn.prepare(&format!("explain query plan {}", statement.text)).unwrap();
        for at in 1..=plan.parameter_count() {
            plan.raw_bind_parameter(at, 1_i64).unwrap();
        }
        let (mut rows, mut steps) = (plan.raw_query(), Vec::new());
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        steps
    }

    #[test]
    fn what_pages_of_a_large_fleet_ask_is_found_by_an_index_and_in_its_order() {
        for (statement, ways) in [
            (EXECUTIONS, &["SEARCH execution USING PRIMARY KEY (deployment=? AND device>?)"][..]),
            (EXECUTIONS_IN_STATE, &["COVERING INDEX execution_by_state (deployment=? AND state=? AND device>?)"]),
            (EXECUTIONS_STALLED, &["execution_by_state (deployment=? AND state=?)"]),
            (EXECUTION_COUNTS, &["SEARCH execution_tally USING PRIMARY KEY (deployment=?)"]),
            (
                OWNERS_WAITING,
                &["COVERING INDEX execution_by_state (deployment=? AND state=? AND device>?)", "ownership"],
            ),
            (
                SILENT_HOMES,
                &["execution_by_state (deployment=? AND state=?)", "SEARCH o USING", "SEARCH c USING PRIMARY KEY"],
            ),
            (
                PRODUCT_STANDING,
                &["SEARCH d USING COVERING INDEX device_by_product (product=?)", "SEARCH p USING PRIMARY KEY"],
            ),
            (FLEET_KEYS, &["COVERING INDEX certificate_standing"]),
            (CA_DEPENDENTS, &["COVERING INDEX certificate_standing"]),
            (VERSION_COUNTS, &["COVERING INDEX device_by_software"]),
            (PEOPLE_OWNERS, &["SEARCH p USING INDEX person_by_role (role=?)"]),
            (ORIGINS_OF_GROUP, &["origin_by_what (what=?)"]),
            (BEFORE_SWEEP, &["bulk_item_before (device=?)"]),
        ] {
            let steps = steps(statement);
            for way in ways {
                assert!(steps.iter().any(|step| step.contains(way)), "{} without {way}: {steps:?}", statement.name);
            }
            let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
            assert!(!sorts || statement.name == "VERSION_COUNTS", "{} sorts: {steps:?}", statement.name);
        }
    }
}
