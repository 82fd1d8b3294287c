//! A form as HTML for pages of other sites.
//!
//! Invariant: every text is escaped. It works without a script: then a page of ours asks for a button to
//! be pressed.

use campaign::RecipientWords;
use model::AttributeKind;
use store::DeclaredAttribute;

use crate::ShownForm;

pub(super) fn embedded(shown: &ShownForm, web_url: &str) -> String {
    let form = &shown.form;
    let words = form.language.as_deref().and_then(RecipientWords::of).unwrap_or_default();
    let text = |key: &str| escaped(&words.text(key));
    let (tag, direction, bits) = (words.tag(), words.direction(), crate::JOIN_PROOF_BITS);
    let (name, url) = (&form.name, escaped(web_url));
    let mut html = format!(
        "<form method=\"post\" action=\"{url}/join/{name}\" data-join=\"{bits}\" lang=\"{tag}\" dir=\"{direction}\">\n\
         <p><label>{}<br><input type=\"email\" name=\"address\" autocomplete=\"email\" maxlength=\"254\" required></label></p>\n",
        text("ask-address")
    );
    for (attribute, is_required) in &shown.fields {
        html.push_str(&field(attribute, *is_required, words));
    }
    html.push_str(&format!("<fieldset><legend>{}</legend>\n", text("join-topics")));
    for topic in &shown.topics {
        let (slug, name) = (escaped(&topic.slug), escaped(&topic.name));
        html.push_str(&format!(
            "<p><label><input type=\"checkbox\" name=\"topic\" value=\"{slug}\"> {name}</label></p>\n"
        ));
    }
    html.push_str("</fieldset>\n");
    if form.asks_age {
        html.push_str(&birth(words));
    }
    for paragraph in form.notice.split("\n\n") {
        html.push_str(&format!("<p><small>{}</small></p>\n", escaped(paragraph)));
    }
    html.push_str(&format!(
        "<p hidden><label>{} <input name=\"website\" tabindex=\"-1\" autocomplete=\"off\"></label></p>\n\
         <p><button>{}</button></p>\n</form>\n<script src=\"{url}/join.js\" defer></script>\n",
        text("join-trap"),
        text("join-button")
    ));
    html
}

fn field(attribute: &DeclaredAttribute, is_required: bool, words: RecipientWords) -> String {
    let text = |key: &str| escaped(&words.text(key));
    let (label, name) = (escaped(&attribute.label), escaped(&attribute.name));
    let (required, optional) = match is_required {
        true => (" required", String::new()),
        false => ("", format!(" ({})", text("join-optional"))),
    };
    let input = match &attribute.kind {
        AttributeKind::List(_) => {
            let own = |it: &String| (escaped(it), escaped(it));
            let choices: Vec<_> = attribute.kind.choices().iter().map(own).collect();
            select(&name, required, &text("join-choose"), &choices)
        }
        AttributeKind::YesNo => {
            let both = [("yes", "join-yes"), ("no", "join-no")];
            let choices = both.map(|(value, key)| (value.to_owned(), text(key)));
            select(&name, required, &text("join-choose"), &choices)
        }
        kind => {
            let kind = if *kind == AttributeKind::Date { "date" } else { "text" };
            format!(
                "<input type=\"{kind}\" name=\"attribute.{name}\" maxlength=\"1000\"{required}>"
            )
        }
    };
    format!("<p><label>{label}{optional}<br>{input}</label></p>\n")
}

fn birth(words: RecipientWords) -> String {
    let text = |key: &str| escaped(&words.text(key));
    let months: String =
        (1..=12).map(|month| format!("<option value=\"{month}\">{month}</option>")).collect();
    format!(
        "<fieldset><legend>{}</legend>\n\
         <p><label>{}<br><select name=\"birth.month\" required><option value=\"\"></option>{months}</select></label></p>\n\
         <p><label>{}<br><input name=\"birth.year\" inputmode=\"numeric\" maxlength=\"4\" required></label></p>\n\
         </fieldset>\n",
        text("join-birth"),
        text("join-birth-month"),
        text("join-birth-year")
    )
}

/// Of texts that are escaped.
fn select(name: &str, required: &str, choose: &str, choices: &[(String, String)]) -> String {
    let options: String = choices
        .iter()
        .map(|(value, words)| format!("<option value=\"{value}\">{words}</option>"))
        .collect();
    format!(
        "<select name=\"attribute.{name}\"{required}><option value=\"\">{choose}</option>{options}</select>"
    )
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
    html
}
