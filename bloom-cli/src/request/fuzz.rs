//! Whatever is typed is understood or refused, and what is understood can be spelled.

use proptest::{prelude::*, test_runner::RngSeed};

use super::{CommandSentence, Field, FieldName, TypeName};

/// Pieces of the grammar and of what people type by mistake, in any order.
fn near_the_grammar() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "name",
        "status",
        "type",
        "r#use",
        "Order",
        "OrderId",
        "String",
        "i64",
        "u32",
        "f64",
        "bool",
        "Json",
        "Decimal",
        "enum",
        "enum(a,b)",
        "enum:a,b",
        ":",
        "::",
        ",",
        "|",
        "->",
        "(",
        ")",
        "[]",
        "?",
        "..",
        "1..9",
        "-5..5",
        "..",
        "9..1",
        "99999999999999999999999999999999999999999..",
        "optional",
        "list",
        "list(1..5)",
        "email",
        "url",
        "unique",
        "index",
        "personal",
        "=",
        "=a",
        "=true",
        "matches=",
        "matches=^[A-Z]+$",
        "matches=[",
        "if",
        "emits",
        "Placed",
        " ",
        "\t",
        "\n",
        "ß",
        "订单",
        "\u{200b}",
        "\u{1F600}",
        "\"",
        "'",
        "\\",
        "{",
        "}",
        "0",
        "_",
        "-",
        "../..",
        "\0",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

/// The same ones for every change, so that none is refused by chance; others in the long tier.
fn seed() -> RngSeed {
    if std::env::var_os("BLOOM_SOAK").is_some() { RngSeed::Random } else { RngSeed::Fixed(2026) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, rng_seed: seed(), ..ProptestConfig::default() })]

    #[test]
    fn a_field_is_understood_or_refused(text in prop_oneof![near_the_grammar(), any::<String>()]) {
        match Field::parse(&text) {
            Ok(field) => {
                let spelled = field.to_string();
                prop_assert_eq!(Field::parse(&spelled).map_err(|error| error.message), Ok(field), "{}", spelled);
            }
            Err(error) => prop_assert!(!error.message.is_empty()),
        }
    }

    #[test]
    fn a_command_is_understood_or_refused(text in prop_oneof![near_the_grammar(), any::<String>()]) {
        if let Err(error) = CommandSentence::parse(&text) {
            prop_assert!(!error.message.is_empty());
        }
    }

    #[test]
    fn a_name_is_a_name_or_refused(text in prop_oneof![near_the_grammar(), any::<String>()]) {
        if let Ok(name) = TypeName::parse(&text) {
            prop_assert!(syn::parse_str::<syn::Ident>(name.pascal()).is_ok(), "{}", name);
        }
        if let Ok(name) = FieldName::parse(&text) {
            prop_assert!(syn::parse_str::<syn::Ident>(&name.ident()).is_ok(), "{}", name);
            prop_assert!(!name.plain().contains(['/', '.', '\\']));
        }
    }
}
