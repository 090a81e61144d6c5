#!/usr/bin/env bash
# Breaks what keeps the log whole, one thing at a time, in a copy, and says which tests notice. Fails when none does. Needs a PostgreSQL
# server, Perl, and some minutes for each. With a name as argument, that one alone.
set -euo pipefail
cd "$(dirname "$0")/../../.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
copy=$target/mutants
rm -rf "$copy"
git worktree prune
git worktree add --quiet --detach "$copy" HEAD
trap 'git worktree remove --force "$copy"' EXIT

postgres=extensions/sql/migrations/postgres/0000_bloom_row_by_row.sql
survived=0

# name, files, what to break as a Perl expression, the tests that should notice
mutant() {
    local name=$1 files=$2 change=$3 file
    shift 3
    if [ -n "${only:-}" ] && [ "$only" != "$name" ]; then return; fi
    git -C "$copy" checkout --quiet .
    for file in $files; do perl -0pi -e "$change" "$copy/$file"; done
    if git -C "$copy" diff --quiet; then
        echo "$name: the change fits nowhere any more"
        survived=1
        return
    fi
    local log=$copy/mutant.log
    if (cd "$copy" && RUST_BACKTRACE=0 RUST_TEST_THREADS=16 BLOOM_EVERY_TEST=1 CARGO_TARGET_DIR=$target/mutants-target \
        timeout 240 cargo test --quiet --locked --no-fail-fast "$@" >"$log" 2>&1); then
        echo "$name: NOBODY NOTICED"
        survived=1
    elif ! grep -q -e '--- FAILED' "$log"; then
        echo "$name: does not compile or never ends:"
        tail -5 "$log"
        survived=1
    else
        echo "$name: noticed by"
        grep -oP '^\S+(?= --- FAILED)' "$log" | sort -u | sed 's/^/    /'
        # None may have gone on for ever, and none that does keeps the others from their turn.
        { grep -oP '^test \K\S+(?= has been running for over)' "$log" || true; } | sort -u | sed 's/^/    /; s/$/ (never ends)/'
    fi
}
only=${1:-}

mutant a-sequence-for-the-head "$postgres" \
    's/UPDATE bloom_head SET position = position \+ cardinality\(e_id\) RETURNING position, inline INTO last, listed;/SELECT max(nextval(\x27bloom_sequence\x27)) INTO last FROM generate_series(1, cardinality(e_id));/;
     s/    RETURN last;/    UPDATE bloom_head SET position = greatest(position, last);\n    RETURN last;/;
     s/CREATE OR REPLACE FUNCTION bloom_append/CREATE SEQUENCE bloom_sequence;\nCREATE OR REPLACE FUNCTION bloom_append/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test postgres_held_open
mutant the-fence-dropped extensions/sql/src/projection/checkpoint.rs \
    's/ AND position = \$6 AND epoch/ AND position = position + 0 * \$6 AND epoch/g' \
    -p bloom-sql --features sqlite,postgres,failpoints --test projections
mutant the-epoch-dropped extensions/sql/src/projection/checkpoint.rs \
    's/ AND epoch = \$7/ AND epoch = epoch + 0 * \$7/g' \
    -p bloom-sql --features sqlite,postgres,failpoints --lib
mutant a-place-moved-by-who-lost-it extensions/sql/src/cursors.rs \
    's/ AND epoch = \$3 RETURNING wanted_by/ AND epoch = epoch + 0 * \$3 RETURNING wanted_by/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test sqlite
mutant taken-while-it-is-held extensions/sql/src/projection/lease.rs \
    's/position = \$7 AND ",\n        lapsed!\(""\)/position = \$7"/' \
    -p bloom-sql --features sqlite,postgres,failpoints --lib
mutant a-part-that-takes-all extensions/sql/src/projection/worker.rs \
    's/        entries.retain\(\|entry\| seen.takes\(&entry.stream\)\);\n//; s/mut entries: Vec/entries: Vec/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test projections_in_parts
mutant do-nothing-on-postgres "$postgres" \
    's/ AND t.version = s_expected\[n\]//;
     s/(FROM generate_series.* AS n);/$1\n        ON CONFLICT DO NOTHING;/; s/(e_remarks\[1\]\n        \));/$1 ON CONFLICT DO NOTHING;/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test postgres
mutant do-nothing-on-sqlite extensions/sql/src/sqlite/write.rs \
    's/INSERT INTO bloom_events/INSERT OR IGNORE INTO bloom_events/; s/if expected == actual/if expected <= actual/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test sqlite
mutant the-boundary-unlocked extensions/sql/src/postgres/open.rs \
    's/            events::hold_head\(client\).await.map_err\(Failed::Store\)\?;\n//' \
    -p bloom-sql --features sqlite,postgres,failpoints --test postgres
mutant one-event-twice extensions/sql/src/sqlite/events.rs \
    's/WHERE position > \?1 ORDER BY position/WHERE position >= ?1 ORDER BY position/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test sqlite
mutant the-head-left-behind extensions/sql/src/sqlite/writer.rs \
    's/if position == start \{ Ok\(\(\)\) \} else \{ write::head\(connection, position\) \}/if position <= start { write::head(connection, position) } else { Ok(()) }/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test sqlite
mutant what-was-written-unasked "$postgres" \
    's/IF listed IS NOT NULL OR written IS NOT NULL THEN/IF listed IS NOT NULL THEN/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test projections
mutant what-was-left-out-unasked extensions/sql/src/sqlite/write.rs \
    's/Roster::parse\(Some\(inline\)\)\?.check\(aggregates, is_written\)\?;/Roster::parse(Some(inline))?.check(aggregates, |_, name| is_written("", name) || true)?;/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test projections inline
mutant the-door-not-shut extensions/sql/src/projection/swap.rs \
    's/        head::shut\(transaction, name\).await\?;\n//' \
    -p bloom-sql --features sqlite,postgres,failpoints --test projections inline
mutant the-head-not-held-at-the-door extensions/sql/src/projection/head.rs \
    's/ FOR UPDATE"/"/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test projections inline
mutant a-first-event-overlooked extensions/sql/src/projection/beginning.rs \
    's/may_be_inline && !is_late && !happened\(transaction, projection, seen, newest\).await\?/may_be_inline && !happened(transaction, projection, newest, newest).await?/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test projections inline
exit "$survived"
