//! An aggregate with a field of every sort, and values that databases find hard.
#![allow(dead_code, reason = "each test uses a part of it")]

use bloom_runtime::{EventSourced, prelude::*};
use proptest::{collection::vec, option, prelude::*};

/// The table of its documents.
pub(crate) const TABLE: &str = "samples";

#[derive(Identity)]
pub(crate) struct SampleId(Uuid);

#[derive(DomainEvent)]
pub(crate) enum SampleEvent {
    #[event(name = "sample.made", rev = 1)]
    Made { id: SampleId, batch: u32, content: Content },
}

#[derive(ValueObject)]
pub(crate) struct Content {
    text: String,
    note: Option<String>,
    flag: bool,
    small: i32,
    large: i64,
    huge: Option<u64>,
    ratio: f64,
    exact: Option<Decimal>,
    moment: Timestamp,
    day: Date,
    key: Uuid,
    colour: Colour,
    name: Name,
    price: Option<Price>,
    tags: Vec<String>,
    numbers: Vec<u64>,
    weights: Vec<f64>,
    amounts: Vec<Decimal>,
    colours: Vec<Colour>,
}

#[derive(ValueObject)]
pub(crate) enum Colour {
    Red,
    #[value("it's green")]
    Green,
    Blue,
}

#[derive(ValueObject)]
pub(crate) struct Name(#[value(chars = ..=40)] String);

#[derive(ValueObject)]
pub(crate) struct Price {
    amount: i64,
    currency: Option<String>,
}

#[derive(Aggregate)]
#[aggregate(event = SampleEvent, name = "sample")]
pub(crate) struct Sample {
    #[aggregate(id)]
    id: SampleId,
    batch: u32,
    content: Content,
    #[aggregate(changes)]
    changes: Changes<SampleEvent>,
}

impl Sample {
    pub(crate) fn make(id: SampleId, batch: u32, content: Content) -> Self {
        Self::start(SampleEvent::Made { id, batch, content })
    }
}

impl EventSourced for Sample {
    fn begin(event: &SampleEvent) -> Option<Self> {
        let SampleEvent::Made { id, batch, content } = event;
        Some(Self { id: *id, batch: *batch, content: content.clone(), changes: Changes::new() })
    }

    fn apply(&mut self, _: &SampleEvent) {}
}

/// Texts with quotes, other scripts, invisible characters, and some that look like something else.
pub(crate) fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "", " ", "a", "A", "ab", "aB", "b", "z", "ä", "Z", "é", "e\u{301}", "ß", "ss", "'", "\"", "\\", "%", "_",
            "10", "9", "1.0", "true", "null", "'; DROP TABLE samples; --", "\u{202e}אב", "👩‍👩‍👧", "\u{ffff}", "𐀀", "$.\"a\"",
        ]).prop_map(str::to_owned),
        1 => "[^\u{0}]{0,6}",
    ]
    .boxed()
}

/// Texts to ask for, among them such as no store keeps.
pub(crate) fn asked_text() -> BoxedStrategy<String> {
    prop_oneof![
        8 => text(),
        1 => prop::sample::select(vec!["\0", "a\0", "a\0b", "b\0"]).prop_map(str::to_owned),
    ]
    .boxed()
}

pub(crate) fn integer() -> BoxedStrategy<i64> {
    prop_oneof![-3..4_i64, any::<i64>(), Just(i64::MAX), Just(i64::MIN)].boxed()
}

pub(crate) fn unsigned() -> BoxedStrategy<u64> {
    prop_oneof![
        0..4_u64,
        any::<u64>(),
        // Neighbours that a floating-point number would not tell apart.
        u64::MAX - 2..=u64::MAX,
        i64::MAX as u64 - 1..=i64::MAX as u64 + 2,
        (1_u64 << 53) - 1..=(1 << 53) + 1,
    ]
    .boxed()
}

pub(crate) fn float() -> BoxedStrategy<f64> {
    let hard = vec![
        0.0,
        -0.0,
        0.1,
        0.3,
        0.1 + 0.2,
        1.0,
        1e300,
        -1e300,
        5e-324,
        f64::MAX,
        1e16,
        1e16 + 2.0,
    ];
    let any = any::<f64>().prop_filter("stores keep finite numbers", |number| number.is_finite());
    prop_oneof![2 => prop::sample::select(hard), 1 => any].boxed()
}

pub(crate) fn decimal() -> BoxedStrategy<Decimal> {
    let hard = [
        "0",
        "-0",
        "1",
        "1.0",
        "1.00",
        "9",
        "10",
        "10.5",
        "-1",
        "-10",
        "0.0000000000000000000000000001",
        "79228162514264337593543950335",
        "-79228162514264337593543950335",
    ];
    let hard: Vec<Decimal> = hard.iter().map(|text| text.parse().expect("a decimal")).collect();
    let any = (any::<i64>(), 0..10_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale));
    prop_oneof![prop::sample::select(hard), any].boxed()
}

pub(crate) fn moment() -> BoxedStrategy<Timestamp> {
    let near = (-2..3_i64).prop_map(|micros| Timestamp::from_micros(micros).expect("near 1970"));
    let far = (-62_000_000_000_000_000..253_000_000_000_000_000_i64)
        .prop_map(|micros| Timestamp::from_micros(micros).expect("in range"));
    prop_oneof![near, far].boxed()
}

pub(crate) fn day() -> BoxedStrategy<Date> {
    (0..=9_999_i16, 1..=12_i8, 1..=28_i8)
        .prop_map(|(year, month, day)| Date::new(year, month, day).expect("a day"))
        .boxed()
}

pub(crate) fn key() -> BoxedStrategy<Uuid> {
    prop_oneof![(0..3_u128), any::<u128>()].prop_map(Uuid::from_u128).boxed()
}

pub(crate) fn colour() -> BoxedStrategy<Colour> {
    prop::sample::select(Colour::ALL.to_vec()).boxed()
}

pub(crate) fn name() -> BoxedStrategy<Name> {
    text().prop_map(|text| Name::new(text).expect("short")).boxed()
}

fn price() -> BoxedStrategy<Price> {
    (integer(), option::of(text()))
        .prop_map(|(amount, currency)| Price::new(amount, currency).expect("no rules"))
        .boxed()
}

pub(crate) fn content() -> BoxedStrategy<Content> {
    let texts = (text(), option::of(text()), any::<bool>(), -2..3_i32, integer());
    let numbers = (option::of(unsigned()), float(), option::of(decimal()), moment(), day(), key());
    let values = (colour(), name(), option::of(price()));
    let lists = (
        vec(text(), 0..3),
        vec(unsigned(), 0..3),
        vec(float(), 0..3),
        vec(decimal(), 0..3),
        vec(colour(), 0..3),
    );
    (texts, numbers, values, lists)
        .prop_map(|(texts, numbers, values, lists)| {
            let (text, note, flag, small, large) = texts;
            let (huge, ratio, exact, moment, day, key) = numbers;
            let (colour, name, price) = values;
            let (tags, numbers, weights, amounts, colours) = lists;
            Content::new(
                text, note, flag, small, large, huge, ratio, exact, moment, day, key, colour, name,
                price, tags, numbers, weights, amounts, colours,
            )
            .expect("every rule is kept")
        })
        .boxed()
}
