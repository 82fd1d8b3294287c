//! MJML: compiled, laid out, tracked and checked like other documents.

use super::{Reader, check_wire, compiled, try_compiled};

const OFFER: &str = "---
subject: Autumn offer for {{ first_name }}
from: Tern <news@tern.example>
---
<mjml>
  <mj-head>
    <mj-title>Autumn</mj-title>
    <mj-preview>Twenty off</mj-preview>
    <mj-font name=\"Lora\" href=\"https://fonts.example/lora.css\" />
    <mj-attributes><mj-all font-family=\"Lora, Georgia\" /></mj-attributes>
    <mj-style>.note { color: #555555 }</mj-style>
  </mj-head>
  <mj-body background-color=\"#f4f4f4\">
    <mj-section background-color=\"#ffffff\">
      <mj-column width=\"60%\">
        <mj-text>Hello {{ first_name }}, <a href=\"https://tern.example/autumn\">look</a>.</mj-text>
        <mj-button href=\"https://tern.example/buy/{{ customer_id }}\">Buy now</mj-button>
      </mj-column>
      <mj-column width=\"40%\">
        <mj-image src=\"https://img.example/leaf-200x200.png\" alt=\"A leaf\" href=\"https://tern.example/leaf\" />
      </mj-column>
    </mj-section>
    <mj-section><mj-column><mj-text css-class=\"note\">Bye.</mj-text></mj-column></mj-section>
  </mj-body>
</mjml>
";

#[test]
fn mjml_arrives_as_a_document_with_its_links_tracked() {
    let compiled = compiled(OFFER);
    let links: Vec<_> =
        compiled.links().iter().map(|link| (link.url.as_str(), link.label.as_str())).collect();
    assert_eq!(
        links,
        [
            ("https://tern.example/autumn", "look"),
            ("https://tern.example/buy/{{ customer_id }}", "Buy now"),
            ("https://tern.example/leaf", "A leaf"),
        ]
    );
    assert_eq!((compiled.warnings(), compiled.hints()), (&[][..], &[][..]));
    let reader = Reader::new("a@b.example", &[("first_name", "Zoë"), ("customer_id", "7")]);
    check_wire(&reader.message(&compiled).unwrap());
    let page = reader.page(&compiled);
    for expect in [
        "<!--[if mso | IE]>",
        "mj-column-per-60",
        "@import url(https://fonts.example/lora.css)",
        "Hello Zoë, ",
        "color:#555555",
        "id=\"pharos-footer\"",
    ] {
        assert!(page.contains(expect), "{expect}: {page}");
    }
    assert!(!page.contains("<link"));
    insta::assert_snapshot!(reader.text(&compiled), @r"
    Hello Zoë, look <https://t.nordlicht.example/c/AX5CbFpKx44zTZeWDE6yaC3tG9eiaLeU1MxYb223Fg>.

    Buy now <https://t.nordlicht.example/c/AdKSy0YXRyv9ri7kaWO_75UYINiyo1TZDxxndREfmg/iPaCAWn8gaQPup4CUTIkeYKK7AiNRq8_UhGTiEz9uXc5nFeBQIoC8g0N>

    [A leaf] <https://t.nordlicht.example/c/AUve7aOGLiljHMCZnaJHcXQTPWjyI2bHPAokvpQQyQ>

    Bye.

    -----
    You receive this because a@b.example is subscribed to Release notices from Nordlicht & Söhne.

    Unsubscribe: https://mail.nordlicht.example/u/ARGkAsd_OiQOF2wBnrS8HqI2N0wgLINZAIz_qdkAXTPtYnI7
    Choose what you get: https://mail.nordlicht.example/p/ARGkAsd_OiQOF2wBnrS8HqI2N0wgLINZAIz_qdkAXTPtYnI7
    Read in your browser: https://mail.nordlicht.example/v/AVp_XZTi_y7Ftrs8vXAtijYHtz7Lp37DbtNYQeqS2A
    Stop tracking me: https://mail.nordlicht.example/t/ARGkAsd_OiQOF2wBnrS8HqI2N0wgLINZAIz_qdkAXTPtYnI7

    Nordlicht & Söhne
    Hafenstraße 1
    20457 Hamburg
    ");
}

#[test]
fn mistakes_in_mjml_are_told_with_their_line() {
    let problem = |from: &str, to: &str| {
        assert!(OFFER.contains(from), "{from}");
        try_compiled(&OFFER.replacen(from, to, 1)).unwrap_err().to_string()
    };
    let told = [
        problem("<mj-text>Hello", "<mj-txt>Hello"),
        problem("https://tern.example/leaf", "/leaf"),
        problem("https://img.example/leaf", "http://img.example/leaf"),
        problem("</mj-body>", ""),
        problem("<mj-image ", "<mj-carousel /><mj-image "),
        problem("Hello {{ first_name }}", "Hello {{ First_name }}"),
        problem(".note {", ".note { background: url(data:x);"),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    line 16, column 9: <mj-txt> is not known here; use the elements of MJML 4
    line 20, column 81: the link `/leaf` has an address that does not work in mail; begin it with https://, mailto: or tel:
    line 20, column 24: the image `http://img.example/leaf-200x200.png` has no https address; put it on a web server and use its full address, https://...
    line 5: the MJML ends too early; close what is open
    line 20, column 9: <mj-carousel> is made of form fields, which many mail programs remove; remove it
    line 16, column 24: {{ First_name }} has capital letters, and no attribute has; write {{ first_name }}
    line 11, column 39: the file `data:x` has no https address; put it on a web server and use its full address, https://...
    ");
}
