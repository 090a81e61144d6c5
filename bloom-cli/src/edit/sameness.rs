//! Texts that differ in their layout alone.

/// Whether two texts differ in nothing but blanks and a last comma.
pub(super) fn same(left: &str, right: &str) -> bool {
    squeezed(left) == squeezed(right)
}

/// The text without blanks, but for those inside of texts.
fn squeezed(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    let (mut in_text, mut escaped) = (false, false);
    for sign in text.chars() {
        if in_text || !sign.is_whitespace() {
            squeezed.push(sign);
        }
        in_text ^= sign == '"' && !escaped;
        escaped = in_text && sign == '\\' && !escaped;
    }
    if squeezed.ends_with(',') {
        squeezed.pop();
    }
    // rustfmt adds a comma before a closing bracket on a line of its own.
    squeezed.replace(",}", "}").replace(",)", ")").replace(",]", "]")
}
