//! Live templates of RustRover and the other IDEs of its family.

use minijinja::HtmlEscape;

use super::{Place, Snippet, bodies::ALL};

/// The group of live templates, which stands among the settings as `templates/Bloom.xml`.
pub(crate) fn rustrover() -> String {
    let mut text = "<templateSet group=\"Bloom\">\n".to_owned();
    for snippet in ALL {
        text.push_str(&template(snippet));
    }
    text.push_str("</templateSet>");
    text
}

fn template(snippet: &Snippet) -> String {
    let body = snippet.with_places(|place| match place {
        Place::Fill(number, _) => format!("$PLACE{number}$"),
        Place::End => "$END$".to_owned(),
        Place::Dollar => "$$".to_owned(),
    });
    let mut text = format!(
        "  <template name=\"{}\" value=\"{}\" description=\"{}\" toReformat=\"true\" toShortenFQNames=\"true\">\n",
        attribute(snippet.prefix),
        attribute(&body),
        attribute(snippet.description)
    );
    for (number, default) in snippet.fills() {
        // The default is an expression: here a text.
        let default = attribute(&format!("\"{default}\""));
        text.push_str(&format!(
            "    <variable name=\"PLACE{number}\" expression=\"\" defaultValue=\"{default}\" alwaysStopAt=\"true\" />\n"
        ));
    }
    text.push_str("    <context>\n      <option name=\"RUST_FILE\" value=\"true\" />\n    </context>\n  </template>\n");
    text
}

/// A text as the value of an attribute, in which line ends would become blanks.
fn attribute(text: &str) -> String {
    HtmlEscape(text).to_string().replace("&#x2f;", "/").replace('\n', "&#10;")
}
