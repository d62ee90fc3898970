//! Statements about the ledger's leaves, hashes and checkpoints.

use super::catalogue;

catalogue! { LEDGER:
    LEAF_COUNT = "select coalesce(max(leaf) + 1, 0) from ledger_leaf";
    LEAF_ADD = "insert into ledger_leaf (leaf, kind, line) values ($1, $2, $3)";
    LEAVES_OF_KIND_COUNT = "select count(*) from ledger_leaf where kind = $1";
    LEAVES = "select l.leaf, l.line, h.hash from ledger_leaf l join ledger_hash h on h.level = 0 and h.node = l.leaf
        where l.leaf >= $1 order by l.leaf limit $2";
    LEAVES_OF_DEVICE = "select l.leaf, l.line, h.hash from ledger_mention m join ledger_leaf l on l.leaf = m.leaf
        join ledger_hash h on h.level = 0 and h.node = l.leaf
        where m.device = $1 and m.leaf < $2 order by m.leaf desc limit $3";
    HASH_ADD = "insert into ledger_hash (level, node, hash) values ($1, $2, $3)";
    HASH = "select hash from ledger_hash where level = $1 and node = $2";
    MENTION_ADD = "insert into ledger_mention (device, leaf) values ($1, $2)";
    LEDGER_PERSON_ADD = "insert into ledger_person (person, leaf) values ($1, $2)";
    LEAVES_OF_PERSON = "select l.leaf, l.line, h.hash from ledger_person m join ledger_leaf l on l.leaf = m.leaf
        join ledger_hash h on h.level = 0 and h.node = l.leaf
        where m.person = $1 and m.leaf < $2 order by m.leaf desc limit $3";
    LEAVES_OF_KIND = "select l.leaf, l.line, h.hash from ledger_leaf l
        join ledger_hash h on h.level = 0 and h.node = l.leaf
        where l.kind = $1 and l.leaf < $2 order by l.leaf desc limit $3";
    LEAVES_BEFORE = "select l.leaf, l.line, h.hash from ledger_leaf l
        join ledger_hash h on h.level = 0 and h.node = l.leaf
        where l.leaf < $1 order by l.leaf desc limit $2";
    LEAF_LINE = "select line from ledger_leaf where leaf = $1";
    CHECKPOINT_PUT = "insert into checkpoint (size, note) values ($1, $2)
        on conflict (size) do update set note = excluded.note";
    CHECKPOINT_LATEST = "select size, note from checkpoint order by size desc limit 1";
}
