//! The register of columns: each column of the schema has a privacy class in `columns.txt`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rusqlite::Connection;

use crate::fixture::Home;

const CLASSES: [&str; 6] = ["none", "pseudonymous", "personal", "secret-hash", "sealed-secret", "signed-public"];

fn columns() -> Vec<String> {
    let home = Home::empty();
    let conn = Connection::open(home.dir.path().join("holdfast.db")).unwrap();
    let mut statement = conn
        .prepare(
            "select m.name, c.name from sqlite_schema m join pragma_table_info(m.name) c
             where m.type = 'table' and m.name not like 'sqlite_%' order by m.name, c.cid",
        )
        .unwrap();
    let name = |row: &rusqlite::Row<'_>| Ok(format!("{}.{}", row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    statement.query_map([], name).unwrap().map(Result::unwrap).collect()
}

#[test]
fn every_column_of_the_schema_has_a_privacy_class() {
    let register = include_str!("../../columns.txt");
    let classes: BTreeMap<&str, &str> = register
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(' ').unwrap_or_else(|| panic!("no class: {line}")))
        .map(|(column, class)| (column, class.trim()))
        .collect();
    let columns = columns();
    let mut wrong = String::new();
    for column in &columns {
        match classes.get(column.as_str()) {
            Some(class) if CLASSES.contains(class) => {}
            Some(class) => writeln!(wrong, "{column}: unknown class {class}").unwrap(),
            None => writeln!(wrong, "{column}: not in columns.txt").unwrap(),
        }
    }
    for column in classes.keys() {
        if !columns.iter().any(|known| known == column) {
            writeln!(wrong, "{column}: not in the schema").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_table_is_strict_and_holds_only_portable_types() {
    let home = Home::empty();
    let conn = Connection::open(home.dir.path().join("holdfast.db")).unwrap();
    let mut statement = conn
        .prepare(
            "select m.name, l.strict, c.type from sqlite_schema m join pragma_table_list l on l.name = m.name
             join pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%'
             and m.name <> 'schema_migration'",
        )
        .unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get(2)?));
    for row in statement.query_map([], read).unwrap() {
        let (table, strict, kind): (String, bool, String) = row.unwrap();
        assert!(strict, "{table}");
        assert!(["TEXT", "INTEGER", "REAL", "BLOB"].contains(&kind.as_str()), "{table}: {kind}");
    }
}
