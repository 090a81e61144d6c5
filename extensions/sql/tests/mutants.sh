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

postgres=extensions/sql/migrations/postgres/0000_bloom.sql
survived=0

# name, file, what to break as a Perl expression, the tests that should notice
mutant() {
    local name=$1 file=$2 change=$3
    shift 3
    if [ -n "${only:-}" ] && [ "$only" != "$name" ]; then return; fi
    git -C "$copy" checkout --quiet .
    perl -0pi -e "$change" "$copy/$file"
    if git -C "$copy" diff --quiet; then
        echo "$name: the change fits nowhere any more"
        survived=1
        return
    fi
    local log=$copy/mutant.log
    if (cd "$copy" && RUST_BACKTRACE=0 BLOOM_EVERY_TEST=1 CARGO_TARGET_DIR=$target/mutants-target \
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
        # None may have gone on for ever.
        { grep -oP '^test \K\S+(?= has been running for over)' "$log" || true; } | sort -u | sed 's/^/    /; s/$/ (never ends)/'
    fi
}
only=${1:-}

mutant a-sequence-for-the-head "$postgres" \
    's/UPDATE bloom_head SET position = position \+ cardinality\(e_id\) RETURNING position INTO last;/SELECT max(nextval(\x27bloom_sequence\x27)) INTO last FROM generate_series(1, cardinality(e_id));/;
     s/    RETURN last;/    UPDATE bloom_head SET position = greatest(position, last);\n    RETURN last;/;
     s/CREATE FUNCTION bloom_append/CREATE SEQUENCE bloom_sequence;\nCREATE FUNCTION bloom_append/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test postgres_held_open
mutant the-fence-dropped extensions/sql/src/projection/checkpoint.rs \
    's/ AND state = \$4 AND position = \$5"/ AND state = \$4 AND \$5 = \$5"/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test projections
mutant do-nothing-on-postgres "$postgres" \
    's/ AND \(t.version = s.expected OR s.expected < 0\)//; s/ AND t.version = s_expected\[1\]//;
     s/(ORDINALITY AS e \(.*?\));/$1\n    ON CONFLICT DO NOTHING;/' \
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
    's/if head == start \{ Ok\(\(\)\) \} else \{ write::head\(connection, head\) \}/if head <= start { write::head(connection, head) } else { Ok(()) }/' \
    -p bloom-sql --features sqlite,postgres,failpoints --test sqlite
exit "$survived"
