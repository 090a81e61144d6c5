//! Fields in the words of the grammar, one spelling for each.

use std::fmt;

use super::{Field, FieldType, Item, Primitive, Range};

impl Field {
    /// What stands behind the name.
    pub(crate) fn definition(&self) -> String {
        let mut items: Vec<String> = Vec::new();
        match &self.list {
            Some(length) if *length == Range::default() => items.push("list".to_owned()),
            Some(length) => items.push(format!("list({length})")),
            None => {}
        }
        let said = [(self.optional, "optional"), (self.unique, "unique"), (self.index, "index")];
        items.extend(said.iter().filter(|(said, _)| *said).map(|(_, word)| (*word).to_owned()));
        let mut pattern = None;
        for rule in &self.rules {
            match rule {
                Item::Range(range) => items.push(range.to_string()),
                Item::Email => items.push("email".to_owned()),
                Item::Url => items.push("url".to_owned()),
                Item::Matches(text) => pattern = Some(format!("matches={text}")),
            }
        }
        let default = self.default.as_ref().map(|default| format!("={default}"));
        let ty = match &self.ty {
            FieldType::Primitive(primitive) => {
                let known = Primitive::ALL.iter().find(|(_, other)| other == primitive);
                known.map_or_else(String::new, |(name, _)| (*name).to_owned())
            }
            FieldType::Named(name) => name.pascal().to_owned(),
            FieldType::Enum(variants) => {
                let texts: Vec<&str> =
                    variants.iter().map(|variant| variant.text.as_str()).collect();
                if items.is_empty() {
                    items.extend(texts.into_iter().map(str::to_owned));
                    "enum".to_owned()
                } else {
                    format!("enum({})", texts.join(","))
                }
            }
        };
        items.extend(default);
        items.extend(pattern);
        if items.is_empty() { ty } else { format!("{ty}:{}", items.join(",")) }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.definition())
    }
}

#[cfg(test)]
mod tests {
    use crate::request::Field;

    #[test]
    fn what_is_spelled_is_read_as_the_same_field() {
        for text in [
            "name:String",
            "name:String?",
            "name:String[]:1..20",
            "tags:String:list(1..5),email",
            "email:String:email,unique",
            "code:String:1..9,index,matches=^[A-Z]+,:$",
            "status:enum:draft,placed,=placed",
            "status:enum(draft,placed)?",
            "state:enum(a,b):list",
            "price:Money:optional",
            "count:u32:..9",
            "shown:bool:=true",
        ] {
            let field = Field::parse(text).expect(text);
            let spelled = field.to_string();
            assert_eq!(Field::parse(&spelled).expect(&spelled), field, "{text} as {spelled}");
        }
    }
}
