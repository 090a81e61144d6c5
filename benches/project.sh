#!/usr/bin/env bash
# Measures what a new user waits for: whole processes of `bloom`, and the way from `bloom init` to the first green `cargo test` on a cold
# target folder. Prints a table in Markdown. Times `cargo generate` beside it, with a template of the same files, when it is installed.
#
#     benches/project.sh            needs a Rust toolchain, GNU time and Python 3
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd)
cargo build --quiet --release --package bloom --manifest-path "$checkout/Cargo.toml"
bloom=${CARGO_TARGET_DIR:-$checkout/target}/release/bloom
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

# The median of eleven runs, in milliseconds; `%` in the command is replaced by the number of the run.
median() {
    python3 - "$@" <<'PYTHON'
import statistics, subprocess, sys, time
times = []
for run in range(11):
    command = [word.replace("%", str(run)) for word in sys.argv[1:]]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    times.append((time.perf_counter() - start) * 1000)
print(f"{statistics.median(times):.0f} ms (of 11 runs: {min(times):.0f} to {max(times):.0f})")
PYTHON
}

init=$(median "$bloom" init "a%")
cd a0 && small=$(median "$bloom" generate aggregate "Customer%x" name:String:1..100 email:String:email,unique) && cd ..
"$bloom" --quiet init large && cd large
for number in $(seq 200); do "$bloom" --quiet generate aggregate "Thing${number}x" name:String:1..100; done
large=$(median "$bloom" generate aggregate "Customer%x" name:String:1..100 email:String:email,unique) && cd ..
peer="not installed here" peer_one="not installed here"
if command -v cargo-generate >/dev/null; then
    cp -r a1 template && rm -rf template/.bloom template/.cargo
    peer=$(median cargo generate --silent --path "$place/template" --name "g%")
    # The files of one aggregate and nothing else, without an edit of what is there.
    mkdir one && (cd a0 && find . -path ./.bloom -prune -o -path '*customer0x*' -type f -print | xargs cp --parents -t ../one)
    cd a1 && peer_one=$(median cargo generate --silent --init --overwrite --path "$place/one" --name "g%") && cd ..
fi

"$bloom" --quiet init shop && cd shop
"$bloom" --quiet generate value-object Money amount:i64 currency:enum:EUR,USD
"$bloom" --quiet generate aggregate Customer name:String:1..100 email:String:email,unique
"$bloom" --quiet generate aggregate Order customer_id:CustomerId note:String:optional status:enum:draft,placed,cancelled
"$bloom" --quiet generate entity OrderLine --in Order sku:String:3..20 quantity:u32:1..999 price:Money --while draft
"$bloom" --quiet generate command --in Order 'place: draft -> placed if lines'
"$bloom" --quiet generate command --in Order 'cancel(reason:String): draft|placed -> cancelled'
"$bloom" --quiet generate repository Order
cargo fetch --quiet
cpu=$({ CARGO_TARGET_DIR=$place/cold /usr/bin/time -f '%U %S' cargo test --quiet >/dev/null 2>&2; } 2>&1 | tail -1 | python3 -c 'print(round(sum(map(float, input().split()))))')
crates=$(grep -c '^name = ' Cargo.lock)
size=$(du -sm "$place/cold" | cut -f1)

cat <<TABLE
| what | figure |
|---|---|
| \`bloom init\`, whole process | $init |
| \`cargo generate\` of the same files | $peer |
| \`bloom generate aggregate\` in a small project | $small |
| \`cargo generate\` of the files of one aggregate, without edits | $peer_one |
| \`bloom generate aggregate\` in a project with 200 aggregates | $large |
| from a new shop to its first green \`cargo test\`, cold | $cpu CPU seconds |
| crates in its \`Cargo.lock\` | $crates |
| size of \`target\` afterwards | $size MB |
TABLE
