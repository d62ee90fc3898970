//! Brings a database to the newest schema, step by step; refuses one whose steps were changed or that is newer.

use holdfast_core::hash::Sha256Digest;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::StoreError;
use crate::sql;

/// One released step; its text never changes again.
struct Migration {
    version: i64,
    name: &'static str,
    text: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal;)*) => {
        &[$(Migration {
            version: $version,
            name: $name,
            text: include_str!(concat!("../migrations/sqlite/", $name)),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_initial.sql";
    2 "0002_keys.sql";
    3 "0003_telemetry.sql";
    4 "0004_findings.sql";
    5 "0005_custody.sql";
    6 "0006_retention.sql";
    7 "0007_credentials.sql";
    8 "0008_homes.sql";
    9 "0009_help.sql";
    10 "0010_dossier.sql";
    11 "0011_groups.sql";
    12 "0012_idempotency.sql";
    13 "0013_notices.sql";
    14 "0014_devices_door.sql";
    15 "0015_many.sql";
    16 "0016_safeguards.sql";
    17 "0017_papers.sql";
    18 "0018_tidings.sql";
    19 "0019_shop.sql";
};

/// Applies every step that is missing, each in its own transaction.
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    conn.execute(sql::MIGRATION_TABLE.text, [])?;
    let applied: Vec<(i64, String)> = {
        let mut statement = conn.prepare(sql::MIGRATIONS_APPLIED.text)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (version, digest) in &applied {
        let known = MIGRATIONS.iter().find(|step| step.version == *version);
        let known = known.ok_or(StoreError::SchemaNewer(*version))?;
        if Sha256Digest::of(known.text.as_bytes()).to_string() != *digest {
            return Err(StoreError::MigrationChanged(*version));
        }
    }
    for step in MIGRATIONS.iter().filter(|step| applied.iter().all(|(version, _)| *version != step.version)) {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step.text)?;
        let digest = Sha256Digest::of(step.text.as_bytes()).to_string();
        transaction.execute(sql::MIGRATION_RECORD.text, params![step.version, step.name, digest])?;
        transaction.commit()?;
        tracing::info!(migration.version = step.version, migration.name = step.name, "schema step applied");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_stands_in_the_committed_list_of_checksums_in_order() {
        let listed = include_str!("../migrations/sqlite/SHA256SUMS");
        let line = |m: &Migration| format!("{}  {}", Sha256Digest::of(m.text.as_bytes()), m.name);
        let ours: Vec<_> = MIGRATIONS.iter().map(line).collect();
        assert_eq!(listed.lines().collect::<Vec<_>>(), ours, "a released migration is never edited; add a new one");
        assert!(MIGRATIONS.is_sorted_by(|a, b| a.version < b.version), "each number once, rising");
        for step in MIGRATIONS {
            assert!(step.name.starts_with(&format!("{:04}_", step.version)));
        }
    }
}
