//! The little English that names need.

/// `a` or `an`.
pub(crate) fn article(noun: &str) -> &'static str {
    let noun = noun.to_lowercase();
    let sounds_like_you =
        ["uni", "use", "usa", "eu", "one"].iter().any(|start| noun.starts_with(start));
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) && !sounds_like_you { "an" } else { "a" }
}

/// Gets the rules of plurals ready, which takes a while, on a thread of its own.
pub(crate) fn prepare() {
    std::thread::spawn(|| pluralizer::pluralize("rule", 2, false));
}

/// The plural of the last word of a snake-case name.
pub(crate) fn plural(snake: &str) -> String {
    match snake.rsplit_once('_') {
        Some((first, last)) => format!("{first}_{}", pluralizer::pluralize(last, 2, false)),
        None => pluralizer::pluralize(snake, 2, false),
    }
}

/// The singular of the last word of a snake-case name.
pub(crate) fn singular(snake: &str) -> String {
    match snake.rsplit_once('_') {
        Some((first, last)) => format!("{first}_{}", pluralizer::pluralize(last, 1, false)),
        None => pluralizer::pluralize(snake, 1, false),
    }
}

const IRREGULAR: [(&str, &str); 46] = [
    ("be", "been"),
    ("become", "become"),
    ("begin", "begun"),
    ("bid", "bid"),
    ("break", "broken"),
    ("bring", "brought"),
    ("build", "built"),
    ("buy", "bought"),
    ("catch", "caught"),
    ("choose", "chosen"),
    ("come", "come"),
    ("cut", "cut"),
    ("deal", "dealt"),
    ("do", "done"),
    ("draw", "drawn"),
    ("drive", "driven"),
    ("fall", "fallen"),
    ("find", "found"),
    ("freeze", "frozen"),
    ("get", "got"),
    ("give", "given"),
    ("go", "gone"),
    ("hide", "hidden"),
    ("hold", "held"),
    ("keep", "kept"),
    ("know", "known"),
    ("lead", "led"),
    ("leave", "left"),
    ("lend", "lent"),
    ("lose", "lost"),
    ("make", "made"),
    ("meet", "met"),
    ("pay", "paid"),
    ("put", "put"),
    ("reset", "reset"),
    ("run", "run"),
    ("sell", "sold"),
    ("send", "sent"),
    ("set", "set"),
    ("split", "split"),
    ("take", "taken"),
    ("tell", "told"),
    ("undo", "undone"),
    ("win", "won"),
    ("withdraw", "withdrawn"),
    ("write", "written"),
];

/// What a verb has done, of a snake-case name that begins with it: `place_hold` gives `hold_placed`.
pub(crate) fn past_event(snake: &str) -> String {
    match snake.split_once('_') {
        Some((verb, object)) => format!("{object}_{}", past(verb)),
        None => past(snake),
    }
}

/// The past participle.
pub(crate) fn past(verb: &str) -> String {
    if let Some((_, past)) = IRREGULAR.iter().find(|(base, _)| *base == verb) {
        return (*past).to_owned();
    }
    let chars: Vec<char> = verb.chars().collect();
    let vowel = |c: char| "aeiou".contains(c);
    match chars.as_slice() {
        [.., 'e'] => format!("{verb}d"),
        [.., before, 'y'] if !vowel(*before) => format!("{}ied", &verb[..verb.len() - 1]),
        [.., 'c'] => format!("{verb}ked"),
        // ship, plan, cancel: a short vowel before one consonant.
        [first @ .., vowel_char, last]
            if vowel(*vowel_char)
                && !vowel(*last)
                && !"wxy".contains(*last)
                && (!first.iter().any(|c| vowel(*c))
                    || *last == 'l' && first.last().is_some_and(|c| !vowel(*c)))
                && first.last().is_some_and(|c| !vowel(*c)) =>
        {
            format!("{verb}{last}ed")
        }
        _ => format!("{verb}ed"),
    }
}

/// `place` as `Placing`.
pub(crate) fn gerund(verb: &str) -> String {
    let past = past(verb);
    let stem = match past.strip_suffix("ed") {
        Some(stem) if IRREGULAR.iter().all(|(base, _)| *base != verb) && !verb.ends_with('y') => {
            stem.to_owned()
        }
        _ => verb.strip_suffix('e').filter(|stem| !stem.ends_with('e')).unwrap_or(verb).to_owned(),
    };
    format!("{stem}ing")
}

/// `place` as `places`.
pub(crate) fn third_person(verb: &str) -> String {
    let hisses = ["s", "x", "z", "ch", "sh", "o"].iter().any(|end| verb.ends_with(end));
    match verb.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if hisses => format!("{verb}es"),
        _ => format!("{verb}s"),
    }
}

/// The first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_participles() {
        for (verb, expected) in [
            ("place", "placed"),
            ("cancel", "cancelled"),
            ("ship", "shipped"),
            ("deposit", "deposited"),
            ("withdraw", "withdrawn"),
            ("carry", "carried"),
            ("pay", "paid"),
            ("open", "opened"),
            ("approve", "approved"),
            ("reject", "rejected"),
            ("plan", "planned"),
            ("fix", "fixed"),
            ("deliver", "delivered"),
            ("reserve", "reserved"),
            ("close", "closed"),
            ("load", "loaded"),
        ] {
            assert_eq!(past(verb), expected);
        }
        assert_eq!(past_event("place_hold"), "hold_placed");
    }

    #[test]
    fn other_forms() {
        assert_eq!(
            (gerund("place"), gerund("ship"), gerund("pay")),
            ("placing".into(), "shipping".into(), "paying".into())
        );
        assert_eq!((gerund("carry"), gerund("cancel")), ("carrying".into(), "cancelling".into()));
        assert_eq!(
            (third_person("place"), third_person("carry"), third_person("push")),
            ("places".into(), "carries".into(), "pushes".into())
        );
        assert_eq!((article("order"), article("customer"), article("unit")), ("an", "a", "a"));
        assert_eq!(
            (plural("order_line"), singular("order_lines")),
            ("order_lines".into(), "order_line".into())
        );
    }
}
