//! Blocks: the text of a file as a tree and back, what is wrong with it, and the message that it makes.

use proptest::prelude::*;

use super::{Reader, check_wire, compiled, markdown, try_compiled};
use crate::{
    Announcement, Block, ConditionArm, Layout, Problems, compile, parse_blocks, print_blocks,
};

const RELEASE: &str = r#"# Aurora 5 for {{ name }}

Hello, *this* is new.

- one
- two

![A map](https://img.example/map.png)

[![Linked](https://img.example/linked.png)](https://x.example/linked)

[Get it](https://x.example/get "button")

> Try it on a copy.
>
> Then go on.

---

::: changes
- **New** Search as you type. [How](https://x.example/how)
- **Fixed** The clock:
  it was late.
{% for item in more %}
- **{{ item.kind }}** {{ item.text }}
{% endfor %}
:::

::::: columns
:::: column
## Left

![A tree](https://img.example/tree.png)
::::

:::: column
{% if plan == "pro" %}
::: product
![Tea](https://img.example/tea.png)

### Tea, 100 g

4.50 EUR
:::
{% elif plan %}
Soon.
{% else %}
Not yet.
{% endif %}
::::
:::::

{% for item in cart %}
::: product
![{{ item.name }}](https://img.example/{{ item.id }}.png)

### {{ item.name }}

[Buy {{ item.name }}](https://x.example/buy/{{ item.id }} "button")
:::
{% else %}
Your cart is empty.
{% endfor %}
"#;

#[test]
fn a_text_is_a_list_of_blocks_and_prints_as_it_was() {
    let blocks = parse_blocks(RELEASE).unwrap();
    let json = serde_json::to_string_pretty(&blocks).unwrap();
    insta::assert_snapshot!("release_blocks", json);
    pretty_assert(&print_blocks(&blocks), RELEASE);
    let json = serde_json::to_string(&blocks).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Block>>(&json).unwrap(), blocks);
}

#[track_caller]
fn pretty_assert(found: &str, expect: &str) {
    assert!(found == expect, "found:\n{found}\nexpected:\n{expect}");
}

fn reader() -> Reader {
    let more = r#"[{"kind":"Removed","text":"Old maps"},{"kind":"Neu","text":"x"}]"#;
    let cart = r#"[{"name":"Tea","id":"7"},{"name":"Cups","id":"8"}]"#;
    Reader::new("a@b.example", &[("name", "Zoë"), ("plan", "pro"), ("more", more), ("cart", cart)])
}

#[test]
fn the_examples_print_as_they_are_and_make_the_same_messages() {
    let [blocks, newsletter, notice, offer, plain, reminder] = [
        include_str!("../../../../docs/examples/blocks.md"),
        include_str!("../../../../docs/examples/newsletter.md"),
        include_str!("../../../../docs/examples/release-notice.md"),
        include_str!("../../../../docs/examples/offer.md"),
        include_str!("../../../../docs/examples/plain.md"),
        include_str!("../../../../docs/examples/reminder.md"),
    ];
    for file in [blocks, newsletter, notice, offer, plain, reminder] {
        let announcement = Announcement::parse(file).unwrap();
        let (head, body) = file.split_once("---\n\n").unwrap();
        let printed = print_blocks(&announcement.blocks().unwrap().unwrap());
        pretty_assert(&printed, body);
        for layout in Layout::ALL {
            let [page, again] = [body, &printed].map(|body| {
                let file = format!("{head}---\n\n{body}");
                let announcement = Announcement::parse(&file).unwrap().in_layout(layout);
                let compiled = compile(&announcement, &super::sender(), &super::TOPIC).unwrap();
                reader().page(&compiled)
            });
            assert_eq!(page, again);
        }
    }
}

#[test]
fn blocks_become_a_message_with_their_links_tracked() {
    let compiled = compiled(&markdown(RELEASE));
    let links: Vec<_> = compiled.links().iter().map(|link| link.label.clone()).collect();
    assert_eq!(links, ["Linked", "Get it", "How", "Buy {{ item.name }}"]);
    let reader = reader();
    check_wire(&reader.message(&compiled).unwrap());
    insta::assert_snapshot!("release_blocks_page", reader.page(&compiled));
    insta::assert_snapshot!("release_blocks_text", reader.text(&compiled));
}

#[test]
fn without_a_layout_blocks_are_bare() {
    let text = markdown(RELEASE).replacen("---\n", "---\nlayout: none\n", 1);
    let page = reader().page(&compiled(&text));
    assert!(page.contains("<div class=\"pharos-column pharos-column-first\">"), "{page}");
    assert!(!page.contains("pharos-badge\" style"), "{page}");
}

fn refused(body: &str) -> String {
    let problems = try_compiled(&markdown(body)).err().unwrap_or_else(|| panic!("{body}"));
    let of_tree = Announcement::parse(&markdown(body)).unwrap().blocks();
    let of_tree: Option<Problems> = of_tree.err();
    if !body.contains("mj-") {
        assert_eq!(of_tree.as_ref(), Some(&problems), "{body}");
    }
    problems.to_string()
}

#[test]
fn mistakes_in_blocks_are_told_with_their_place() {
    insta::assert_snapshot!(
        [
            "x {{ name | default(\"a\") }}\n\n::: colums\n:::",
            "::: warning\n:::",
            "::: product big\n:::",
            "::: columns\n::: column\n:::",
            "text\n:::",
            "::: columns\n::: column\n:::\n:::",
            "::: columns\nleft\n::: column\n:::\n::: column\n:::\n:::",
            "::: column\n:::",
            "::: product\n::: product\n:::\n:::",
            "::: changes\n- Search\n:::",
            "::: changes\n- **New** Search\n\nand more\n:::",
            "::: changes\n{% if a %}\n- **New** a\n- b\n{% endif %}\n:::",
            "{% if a %}\n::: product\n{% endif %}\n:::",
            "::: product\n{% if a %}x\n:::\n{% endif %}",
            "::: columns\n{% if a %}\n::: column\n:::\n{% endif %}\n::: column\n:::\n:::",
            "::: mjml\n<mj-section>\n<mj-colum></mj-colum></mj-section>\n:::",
            "::: mjml\n<mj-body></mj-body>\n:::",
        ]
        .map(refused)
        .join("\n"),
        @r"
        line 7, column 1: there is no block `colums`; did you mean `::: columns`?
        line 5, column 1: there is no block `warning`; use columns, column, changes, product, mjml; write `\:::` for colons
        line 5, column 1: there is something behind `::: product`; put it on the next line
        line 5, column 1: the block `::: columns` is never closed; write `:::` on a line of its own where it ends
        line 6, column 1: this fence closes nothing; write `::: name` where its block begins, or remove it
        line 5, column 1: there is one column in `::: columns`, which has two; write `::: column` and `:::` around each
        line 6, column 1: this stands in no column; write `::: column` before it and `:::` behind it
        line 5, column 1: `column` can't stand alone; write `::: columns` around both
        line 6, column 1: `product` can't stand inside of `product`; there is no room for it: put it before or behind that block
        line 6, column 1: this change has no label; write `- **New** What is new`
        line 8, column 1: a list of changes contains something else; write `- **New** What is new`
        line 8, column 1: this change has no label; write `- **New** What is new`
        line 7, column 1: this tag belongs to a condition or loop that begins in another block; begin and end it inside of the same fence
        line 8, column 1: this tag belongs to a condition or loop that begins in another block; begin and end it inside of the same fence
        2 problems:
          line 5, column 1: there is one column in `::: columns`, which has two; write `::: column` and `:::` around each
          line 7, column 1: a condition or loop can't decide about one column; put it around the columns, or inside of a column
        line 7, column 1: <mj-colum> is not known here; use the elements of MJML 4
        line 6, column 1: a block of MJML is no document; write what stands inside of <mj-body>: sections
        "
    );
}

#[test]
fn what_is_nested_or_repeated_without_end_is_refused_or_read_in_time() {
    let deep = "{% if a %}\n".repeat(80_000);
    let told = parse_blocks(&deep).unwrap_err().to_string();
    assert!(told.starts_with("line 21, column 1: conditions and loops are nested"), "{told}");
    let told = parse_blocks(&"::: product\n".repeat(80_000)).unwrap_err().to_string();
    assert!(told.contains("nested more than 6 deep"), "{told}");
    for odd in ["{{ '", "![", "> ", "- ", "`", "<!--", "{% if a %}{% endif %}\n", ":::: x\n"] {
        let text = odd.repeat(12_000 / odd.len());
        if let Ok(blocks) = parse_blocks(&text) {
            let _ = print_blocks(&blocks);
        }
    }
    assert!(parse_blocks(&"a".repeat(2 << 20)).is_err());
}

#[test]
fn what_looks_like_a_fence_is_none_in_code_and_behind_a_backslash() {
    let text =
        "```\n::: product\n{% if a %}\n:::\n{% endif %}\n```\n\n<!--\n::: x\n-->\n\n\\::: y\n";
    let blocks = parse_blocks(text).unwrap();
    assert!(matches!(blocks.as_slice(), [Block::Text { .. }]), "{blocks:?}");
    assert_eq!(print_blocks(&blocks), text);
    let page = reader().page(&compiled(&markdown(text)));
    assert!(page.contains("::: product\n") && page.contains(">::: y</p>"), "{page}");
}

#[test]
fn mjml_stands_among_markdown() {
    let text = "# Hello\n\n::: mjml\n<mj-section background-color=\"#eeeeee\">\n\
        <mj-column><mj-text>Left <a href=\"https://x.example/l\">link</a></mj-text></mj-column>\n\
        <mj-column><mj-text>{{ name }}</mj-text></mj-column>\n</mj-section>\n:::\n\nBye.\n";
    let compiled = compiled(&markdown(text));
    assert_eq!(compiled.links().len(), 1);
    let page = reader().page(&compiled);
    assert!(page.contains("mj-column-per-50") && page.contains("Zoë"), "{page}");
    assert!(!page.contains("#outlook a") && !page.contains("<mj-"), "{page}");
    assert_eq!(print_blocks(&parse_blocks(text).unwrap()), text);
    let text = reader().text(&compiled);
    assert!(text.starts_with("# Hello\n\nLeft link <https://t."), "{text}");
    assert!(text.contains(">\n\nZoë\n\nBye.\n\n--"), "{text}");
}

/// Lines that mean something somewhere, so that texts of them try everything in every place.
const HOSTILE_LINES: &[&str] = &[
    "",
    "",
    "",
    "a",
    "word *soft* `code`",
    "  b",
    "    code",
    "\t",
    "a  ",
    "a\\",
    ":::",
    "::::",
    "::: columns",
    ":::: column",
    "::: column",
    "::: changes",
    "::: product",
    "::: mjml",
    " ::: product",
    "    :::",
    "\\:::",
    "\\\\::: x",
    "::: nothing",
    "---",
    "===",
    "***",
    "```",
    "~~~",
    "```\n:::\n```",
    "# head",
    "## two ##",
    "#",
    "####### no",
    "- item",
    "- **New** a",
    "- **Fixed** b\n  c",
    "* **Neu:** d",
    "  - sub",
    "1. one",
    "2. two",
    "> quote",
    "> > q",
    ">",
    "> :::",
    ">\tcode",
    "{% if a %}",
    "{% endif %}",
    "{% elif b == \"%}\" %}",
    "{% else %}",
    "{% for x in y %}",
    "{% endfor %}",
    "{% if a %}x{% endif %}",
    "text {% if a %}",
    "  {% if a %}",
    "{% endif %}{% if b %}",
    "{{ name }}",
    "{{ name | default(\"::: ]\") }}",
    "{{ \"{{\" }}",
    "![a](https://i.example/a.png)",
    "![a *b* \\] c](<https://i.example/a (1).png>)",
    "[![b](https://i.example/b.png)](https://x.example/b)",
    "[c](https://x.example/c \"button\")",
    "[d *e*](https://x.example/?a=1&amp;b=\\&copy;c \"button\")",
    "[f][g]",
    "![h][g]",
    "[g]: https://x.example/g \"button\"",
    "![t](https://i.example/t.png \"title\")",
    "<div>",
    "</div>",
    "<!--",
    "-->",
    "<!-- c -->",
    "<pre>",
    "</pre>",
    "| a | b |",
    "|---|---|",
    "| {{ x }} | 2 |",
    "&amp; &copy;",
    "<https://x.example>",
    "\\# no",
    "a\n---",
    "a\nb\n===",
    "<mj-section></mj-section>",
    "a ",
    "\u{a0}",
    "ä\u{2028}ö",
];

fn hostile_line() -> impl Strategy<Value = String> {
    prop::sample::select(HOSTILE_LINES).prop_map(str::to_owned)
}

fn hostile_text() -> impl Strategy<Value = String> {
    let ends = prop::sample::select(vec!["\n", "\n", "\n\n", "\n\n", "\r\n"]);
    prop::collection::vec((hostile_line(), ends), 0..14)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
}

/// A text that is one block wherever it stands, although it does not look like it.
fn one_text() -> impl Strategy<Value = String> {
    let texts = [
        "a",
        "::: columns",
        ":::",
        "\\:::",
        "  ::: x\nb",
        "a\n:::\nb",
        "```\n:::\n{% if a %}\n# x\n{% endif %}\n```",
        "- a\n- b\n\n  c  \n  d",
        "| a |\n|---|\n{% for x in y %}\n| {{ x }} |\n{% endfor %}",
        "    code\n\n    # more",
        "a {% if a %}b{% endif %}",
        "{{ name | default(\"::: ]\") }}",
        "<!--\n::: x\n-->",
        "\\# a",
        "\\> b",
        "<div>\n{% if a %}\n<p>x</p>\n{% endif %}\n</div>",
        "[a]: https://x.example/a",
        "![a](https://i.example/a.png) b",
        "1. a\n   ```\n   :::\n   ```",
        "&copy; \\&copy;",
        "---x",
        "a\u{a0}",
    ];
    prop::sample::select(texts.to_vec()).prop_map(str::to_owned)
}

fn inline() -> impl Strategy<Value = String> {
    let texts = [
        "a",
        "*a* `b`",
        "a \\# b",
        "{{ name }}",
        "{{ name | default(\"a]\") }}",
        "::: a",
        "a_b_c",
        "&amp;",
        "[a](https://x.example)",
        "a ![b](https://i.example/b.png)",
        "\\*",
        "{% if a %}b{% endif %}",
    ];
    prop::sample::select(texts.to_vec()).prop_map(str::to_owned)
}

fn label() -> impl Strategy<Value = String> {
    inline().prop_filter("a link in a link", |it| !it.contains("](https://x"))
}

fn plain_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z \\[\\]()*_`<>&;:!~\\\\\"'{}%#|-]{0,12}"
            .prop_map(|it| it.replace("{{", "").replace("{%", "").trim().to_owned())
            .prop_filter("no tag", |it| !it.contains("{{") && !it.contains("{%")),
        Just("a {{ name | default(\"]x[\") }}".to_owned()),
    ]
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        "https://x\\.example/[a-z0-9?&=;()<>*_~\\\\ -]{0,12}[a-z]",
        Just("{{ url }}".to_owned()),
        Just("https://x.example/{{ id | default(\"(\") }}?a&copy;".to_owned()),
    ]
}

fn leaf() -> impl Strategy<Value = Block> {
    prop_oneof![
        4 => one_text().prop_map(|markdown| Block::Text { markdown }),
        1 => (1..=6_u8, inline()).prop_map(|(level, text)| Block::Heading { level, text }),
        1 => (label(), address()).prop_map(|(label, address)| Block::Button { label, address }),
        2 => (plain_text(), address(), prop::option::of(address()))
            .prop_map(|(alt, address, link)| Block::Image { alt, address, link }),
        1 => hostile_quote().prop_map(|markdown| Block::Quote { markdown }),
        1 => Just(Block::Divider),
    ]
}

fn hostile_quote() -> impl Strategy<Value = String> {
    let texts =
        ["a", ":::", "a\n\n- b\n- c", "# a\n\nb", "{% if a %}\nb\n{% endif %}", "> a", "---", ""];
    prop::sample::select(texts.to_vec()).prop_map(str::to_owned)
}

fn condition(blocks: impl Strategy<Value = Vec<Block>> + Clone) -> impl Strategy<Value = Block> {
    let name = prop::sample::select(vec!["a", "plan == \"%}\"", "not (a and b)"]);
    let arm = (name, blocks.clone())
        .prop_map(|(condition, blocks)| ConditionArm { condition: condition.to_owned(), blocks });
    let arms = prop::collection::vec(arm, 1..3);
    (arms, prop::option::of(blocks))
        .prop_map(|(arms, otherwise)| Block::Condition { arms, otherwise })
}

fn repeated(blocks: impl Strategy<Value = Vec<Block>> + Clone) -> impl Strategy<Value = Block> {
    (blocks.clone(), prop::option::of(blocks)).prop_map(|(blocks, otherwise)| Block::Loop {
        each: "item in cart".to_owned(),
        blocks,
        otherwise,
    })
}

/// Two texts in a row would be one.
fn apart(blocks: Vec<Block>) -> Vec<Block> {
    let mut apart: Vec<Block> = Vec::new();
    for block in blocks {
        if matches!((apart.last(), &block), (Some(Block::Text { .. }), Block::Text { .. })) {
            apart.push(Block::Divider);
        }
        apart.push(block);
    }
    apart
}

fn groups(leaf: BoxedStrategy<Block>) -> impl Strategy<Value = Vec<Block>> + Clone {
    let block = leaf.prop_recursive(2, 12, 3, |inner| {
        let blocks = prop::collection::vec(inner, 0..3).prop_map(apart).boxed();
        prop_oneof![condition(blocks.clone()), repeated(blocks)]
    });
    prop::collection::vec(block, 0..4).prop_map(apart).boxed()
}

fn changes() -> impl Strategy<Value = Block> {
    let text = prop::sample::select(vec!["a", "::: a\nb", "a\n\nb", "{{ name }}", "a\n- b", ""]);
    let change = (label(), text).prop_map(|(label, text)| Block::Change {
        label: label.replace("*a* ", "").replace("\\*", "a"),
        markdown: text.to_owned(),
    });
    groups(change.boxed()).prop_map(|changes| Block::Changes { changes })
}

fn product() -> impl Strategy<Value = Block> {
    let inside = prop_oneof![3 => leaf(), 1 => changes()];
    groups(inside.boxed()).prop_map(|blocks| Block::Product { blocks })
}

fn columns() -> impl Strategy<Value = Block> {
    let inside = || groups(prop_oneof![3 => leaf(), 1 => changes(), 1 => product()].boxed());
    (inside(), inside()).prop_map(|(left, right)| Block::Columns { left, right })
}

fn mjml() -> impl Strategy<Value = Block> {
    let sources = [
        "<mj-section></mj-section>",
        ":::\n\\:::\n<mj-raw>\n\n{% if a %}\n{% endif %}</mj-raw>",
        "::: x\n<!--",
    ];
    prop::sample::select(sources.to_vec()).prop_map(|it| Block::Mjml { source: it.to_owned() })
}

fn tree() -> impl Strategy<Value = Vec<Block>> {
    groups(
        prop_oneof![4 => leaf(), 1 => changes(), 1 => product(), 1 => columns(), 1 => mjml()]
            .boxed(),
    )
}

#[test]
fn a_picture_is_read_as_it_was_printed_whatever_its_text_and_addresses_are() {
    let texts = [
        "<!a",
        "<!--",
        "<?",
        "<![CDATA[",
        "<a ",
        "</a",
        "<a href=\"",
        "<x:",
        "a`b",
        "``",
        "\"",
        "&amp;",
        "]",
        "![",
        "a](b",
        "\\",
        "*a",
        "<b>",
        "'>",
        "a\\`",
    ];
    let addresses = [
        "https://x.example/a",
        "https://x.example/(b",
        "https://x.example/a b",
        "https://x.example/-->",
        "https://x.example/`",
        "https://x.example/``?>",
        "https://x.example/]]>",
        "https://x.example/\">",
        "https://x.example/<a>&lt;",
    ];
    for alt in texts {
        for address in addresses {
            for link in addresses.map(Some).into_iter().chain([None]) {
                let (alt, address) = (alt.to_owned(), address.to_owned());
                let tree = [Block::Image { alt, address, link: link.map(str::to_owned) }];
                let text = print_blocks(&tree);
                assert_eq!(parse_blocks(&text).as_deref(), Ok(&tree[..]), "{text}");
            }
        }
    }
}

proptest! {
    #[test]
    fn a_tree_is_read_as_it_was_printed(tree in tree()) {
        let text = print_blocks(&tree);
        let read = parse_blocks(&text);
        prop_assert_eq!(read.as_ref(), Ok(&tree), "{}", text);
    }

    #[test]
    fn a_text_that_was_read_prints_to_one_that_reads_the_same(text in hostile_text()) {
        if let Ok(tree) = parse_blocks(&text) {
            let printed = print_blocks(&tree);
            prop_assert_eq!(parse_blocks(&printed), Ok(tree), "{}", printed);
        }
    }

    #[test]
    fn a_text_makes_the_message_that_its_blocks_make(text in hostile_text()) {
        let file = markdown(&text);
        if let (Ok(tree), Ok(compiled)) = (parse_blocks(&text), try_compiled(&file)) {
            let printed = markdown(&print_blocks(&tree));
            let again = try_compiled(&printed);
            prop_assert!(again.is_ok(), "{:?}\n{}", again.err(), printed);
            let (page, expect) = (page(&again.unwrap()), page(&compiled));
            prop_assert!(page == expect, "{text}\n=====\n{printed}\n=====\n{expect}\n=====\n{page}");
        }
    }
}

/// What a reader is shown, without the space between elements that nobody sees.
fn page(compiled: &crate::Compiled) -> String {
    let reader = Reader::new(
        "a@b.example",
        &[("name", "N"), ("a", "1"), ("b", "2"), ("x", "3"), ("y", "p, q")],
    );
    let Ok(page) = compiled.page(super::CAMPAIGN, &reader.recipient(), &super::keys()) else {
        return String::new();
    };
    let lines: Vec<&str> = page.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n").replace(">\n<", "><")
}
