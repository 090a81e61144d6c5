//! Texts that differ in their layout alone.

/// Whether two texts differ in nothing but blanks and a last comma.
pub(super) fn same(left: &str, right: &str) -> bool {
    squeezed(left) == squeezed(right)
}

/// The text without blanks, but for those inside of texts.
fn squeezed(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    let (mut in_text, mut escaped, mut in_comment) = (false, false, false);
    let mut before = '\0';
    for sign in text.chars() {
        in_comment = !in_text && (in_comment && sign != '\n' || before == '/' && sign == '/');
        if in_text || !sign.is_whitespace() {
            squeezed.push(sign);
        }
        // A quotation mark may be a letter, and in a comment it may stand alone.
        in_text ^= sign == '"' && !escaped && !in_comment && (in_text || before != '\'');
        escaped = in_text && sign == '\\' && !escaped;
        before = sign;
    }
    if squeezed.ends_with(',') {
        squeezed.pop();
    }
    // rustfmt adds a comma before a closing bracket on a line of its own.
    squeezed.replace(",}", "}").replace(",)", ")").replace(",]", "]")
}
