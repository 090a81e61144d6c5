//! The table of accepted and rejected lines: the grammar as a test.

use super::{CommandSentence, Field, InputError};

fn refused(line: &str) -> String {
    Field::parse(line).expect_err(line).message
}

#[test]
fn accepted_fields() {
    for line in [
        "name:String",
        "flag:bool",
        "small:i32",
        "large:i64",
        "count:u32",
        "huge:u64",
        "ratio:f64",
        "price:Decimal",
        "key:Uuid",
        "day:Date",
        "moment:Timestamp",
        "any:Json",
        "customer_id:CustomerId",
        "price:Money",
        "name:String:1..100",
        "name:String:1..",
        "name:String:..100",
        "name:String:5..5",
        "level:i32:-5..5",
        "level:i64:-10..-1",
        "ratio:f64:0..1",
        "price:Decimal:0..1000",
        "email:String:email",
        "site:String:url",
        "email:String:email,unique",
        "email:String:email,unique,index",
        "email:String:5..100,email",
        "note:String:optional",
        "note:String?",
        "tags:String:list",
        "tags:String[]",
        "tags:String[]:1..20",
        "tags:String:list(1..5)",
        "tags:String:list(1..5),1..20",
        "tags:String:list(..5)",
        "status:enum:draft,placed,cancelled",
        "status:enum:draft,placed,=placed",
        "currency:enum:EUR,USD",
        "kind:enum(a,b)",
        "kind:enum(a,b)?",
        "kind:enum(a, b):index",
        "kinds:enum(a,b)[]",
        "code:String:matches=^[A-Z]{2}:[0-9],x$",
        "code:String:1..9,matches=^a|b$",
        "level:u32:=3",
        "active:bool:=true",
        "city:String:=Paris",
        "type:String",
        "use:u32:optional",
        "orderNumber:u32",
        "order-number:u32",
    ] {
        if let Err(error) = Field::parse(line) {
            panic!("`{line}` was refused: {error}");
        }
    }
}

#[test]
fn rejected_fields() {
    for (line, why) in [
        ("", "the type is missing"),
        ("name", "the type is missing"),
        (":String", "the field is empty"),
        ("1name:String", "does not begin with a letter"),
        ("na me!:String", "cannot be part"),
        ("größe:u32", "cannot be part"),
        ("id:Uuid", "every aggregate and entity has one"),
        ("version:u32", "has one already"),
        ("self:String", "a word of Rust"),
        ("at:Timestamp", "events have their time there"),
        ("name:string", "there is no type `string`"),
        ("name:str", "there is no type"),
        ("n:int", "there is no type `int`"),
        ("n:f32", "there is no type `f32`"),
        ("n:Vec<String>", "there is no type"),
        ("name:String:1..100:unique", "a `:` too many"),
        ("name:String:1..100,2..3", "said twice"),
        ("name:String:100..1", "nothing lies in the range"),
        ("name:String:..", "is not a range"),
        ("name:String:a..b", "is not a range"),
        ("name:String:-1..5", "does not fit"),
        ("n:u32:0..5000000000", "does not fit"),
        ("n:i32:-3000000000..", "does not fit"),
        ("flag:bool:1..2", "is a rule for"),
        ("n:u32:email", "`email` is a rule for a String"),
        ("n:u32:url", "`url` is a rule for a String"),
        ("n:u32:matches=a", "`matches=` is a rule for a String"),
        ("name:String:matches=(", "is not a regular expression"),
        ("name:String:emial", "`emial` is no rule"),
        ("name:String:nonsense", "is no rule"),
        ("price:Money:1..2", "is a rule for"),
        ("status:enum", "an enum needs variants"),
        ("status:enum:", "an enum needs variants"),
        ("status:enum:a,a", "is there twice"),
        ("status:enum:a,A", "is there twice"),
        ("status:enum:a,,b", "the variant is empty"),
        ("status:enum:a,b,=c", "cannot be the default"),
        ("status:enum:Self,b", "a word of Rust"),
        ("n:u32:=x", "cannot be the default"),
        ("n:u32:=-1", "cannot be the default"),
        ("d:Date:=today", "cannot be the default"),
        ("n:u32:optional,=3", "has a default already"),
        ("tags:String[]?", "an empty list"),
        ("tags:String:list,optional", "an empty list"),
        ("tags:String:list(5..1)", "nothing lies in the range"),
        ("tags:String:list,unique", "needs a single value"),
        ("any:Json:unique", "needs a single value"),
        ("ratio:f64:index", "needs a single value"),
        ("name:String:personal", "not written by `bloom` yet"),
        ("name:String:optional,optional", "said twice"),
    ] {
        let said = refused(line);
        assert!(said.contains(why), "`{line}` says: {said}");
    }
}

#[test]
fn accepted_commands() {
    for line in [
        "place",
        "place: draft -> placed",
        "place: draft -> placed if lines",
        "cancel(reason:String): draft|placed -> cancelled",
        "cancel(reason:String:1..200, by:CustomerId): draft | placed -> cancelled if lines, note emits Cancelled",
        "deposit(amount:Money) emits Deposited",
        "rename(name:String:1..100,email)",
        "touch()",
        "place_hold: open -> held",
        "type",
    ] {
        if let Err(error) = CommandSentence::parse(line) {
            panic!("`{line}` was refused: {error}");
        }
    }
}

#[test]
fn rejected_commands() {
    let refused = |line: &str| -> InputError { CommandSentence::parse(line).expect_err(line) };
    for (line, why) in [
        ("", "the verb is empty"),
        ("place:", "is not a transition"),
        ("place: draft", "is not a transition"),
        ("place: -> placed", "the state is empty"),
        ("place: draft ->", "the state is empty"),
        ("place: draft|draft -> placed", "is there twice"),
        ("place: a -> b: c", "a `:` too many"),
        ("place(reason:String", "the `)` is missing"),
        ("place(reason)", "the type is missing"),
        ("place(a:u32, a:u32)", "is there twice"),
        ("place(a:u32:unique)", "belong to fields"),
        ("place emits Option", "a name of Rust or Bloom"),
        ("self", "a word of Rust"),
    ] {
        let said = refused(line).message;
        assert!(said.contains(why), "`{line}` says: {said}");
    }
}

#[test]
fn a_command_is_read_whole() {
    let line = "cancel(reason:String:1..9,matches=^a, note:String:optional): draft|placed -> cancelled if lines emits Dropped";
    let command = CommandSentence::parse("cancel(note:String:optional, why:String:1..9): draft|placed -> cancelled if lines emits Dropped")
        .unwrap_or_else(|error| panic!("{line}: {error}"));
    assert_eq!(command.verb.plain(), "cancel");
    assert_eq!(
        command.arguments.iter().map(|argument| argument.name.plain()).collect::<Vec<_>>(),
        ["note", "why"]
    );
    let (from, to) = command.transition.expect("a transition");
    assert_eq!(from.iter().map(super::FieldName::plain).collect::<Vec<_>>(), ["draft", "placed"]);
    assert_eq!((to.plain(), command.guards[0].plain()), ("cancelled", "lines"));
    assert_eq!(command.event.expect("an event").pascal(), "Dropped");
}
