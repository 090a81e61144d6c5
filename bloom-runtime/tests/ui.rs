//! What the compiler says to mistakes, and that unusual but right code compiles.
//!
//! The texts are those of one compiler. With another one run `TRYBUILD=overwrite cargo test -p bloom-runtime --test ui` and look at
//! what changed.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/fail/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
