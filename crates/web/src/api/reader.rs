//! The document as a page for readers, with an example for every operation.

use askama::Template;
use serde_json::{Map, Value};

#[derive(Template)]
#[template(path = "api/reader.html")]
struct ReaderPage {
    groups: Vec<Group>,
}

/// The operations on one kind of thing.
struct Group {
    name: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    about: String,
    scope: String,
    parameters: Vec<Field>,
    body: Vec<Field>,
    answer: Vec<Field>,
    answers: Vec<(String, String)>,
    example: String,
}

/// A parameter or a field.
struct Field {
    name: String,
    kind: String,
    about: String,
}

/// The page of an OpenAPI document.
pub(crate) fn page(document: &Value) -> String {
    let mut groups: Vec<Group> = Vec::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let name = text(&operation["tags"][0]);
            let read = read(document, path, method, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(read),
                None => groups.push(Group { name, operations: vec![read] }),
            }
        }
    }
    ReaderPage { groups }.render().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let json = |content: &Value| content["application/json"]["schema"].clone();
    let body = json(&operation["requestBody"]["content"]);
    let good = ["200", "201"].into_iter().map(|status| &operation["responses"][status]);
    let good = good.into_iter().find(|answer| answer.is_object());
    let good = good.map(|answer| json(&answer["content"])).unwrap_or_default();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameter = |it: &Value| {
        let needed = if it["required"] == true { "needed" } else { "optional" };
        let place = text(&it["in"]);
        Field {
            name: text(&it["name"]),
            kind: format!("{}, in the {place}, {needed}", kind(&it["schema"])),
            about: text(&it["description"]),
        }
    };
    let answers = operation["responses"].as_object().into_iter().flatten();
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        about: text(&operation["summary"]),
        scope: text(&operation["x-scope"]),
        parameters: parameters.map(parameter).collect(),
        example: example(document, path, method, operation, &body),
        body: fields(document, &body),
        answer: fields(document, &good),
        answers: answers.map(|(status, it)| (status.clone(), text(&it["description"]))).collect(),
    }
}

/// The schema that this one stands for.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/")) {
        Some(name) => &document["components"]["schemas"][name],
        None => schema,
    }
}

/// The fields of an object, those of what it is made of included; of a list, those of one.
fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let schema = resolved(document, schema);
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().flat_map(|part| fields(document, part)).collect();
    }
    if schema["properties"]["next"].is_object() && schema["properties"]["data"].is_object() {
        let mut all = vec![Field {
            name: "next".to_owned(),
            kind: "string or null".to_owned(),
            about: text(&schema["properties"]["next"]["description"]),
        }];
        let each = fields(document, &schema["properties"]["data"]["items"]);
        all.extend(each.into_iter().map(|it| Field { name: format!("data[].{}", it.name), ..it }));
        return all;
    }
    let needed = |name: &str| {
        schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name))
    };
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, it)| Field {
            name: name.clone(),
            kind: match needed(name) {
                true => kind(it),
                false => format!("{}, optional", kind(it)),
            },
            about: text(&it["description"]),
        })
        .collect()
}

/// A schema's kind in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return name.to_owned();
    }
    for together in ["oneOf", "allOf", "anyOf"] {
        if let Some(all) = schema[together].as_array() {
            return all.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(text).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" | ");
    }
    let format = text(&schema["format"]);
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind),
    };
    match (kinds.as_str(), format.as_str()) {
        ("array", _) => format!("list of {}", kind(&schema["items"])),
        ("", _) => "anything".to_owned(),
        (_, "date-time") => kinds.replace("string", "time"),
        _ => kinds,
    }
}

/// A command that sends such a request.
fn example(document: &Value, path: &str, method: &str, operation: &Value, body: &Value) -> String {
    let path = [("{number}", "17"), ("{contact}", "1795428245000001"), ("{id}", "4")]
        .into_iter()
        .chain([("{slug}", "release-notices"), ("{name}", "logo.png"), ("{code}", "query")])
        .chain([("{version}", "2026-11-25")])
        .fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    let mut lines = vec![format!("curl http://127.0.0.1:8027{path}")];
    if operation["security"].as_array().is_some_and(|needed| !needed.is_empty()) {
        lines.push("-H \"Authorization: Bearer $PHAROS_TOKEN\"".to_owned());
    }
    if method != "get" {
        lines[0] = lines[0].replacen("curl", &format!("curl -X {}", method.to_uppercase()), 1);
        let headers = operation["parameters"].as_array().into_iter().flatten();
        if headers.into_iter().any(|it| it["name"] == "Idempotency-Key" && it["required"] == true) {
            lines.push("-H \"Idempotency-Key: nightly-2026-11-26\"".to_owned());
        }
    }
    if body.is_object() {
        lines.push("-H \"Content-Type: application/json\"".to_owned());
        lines.push(format!("-d '{}'", sample(document, body)));
    }
    lines.join(" \\\n  ")
}

/// What is needed of an object, filled in.
fn sample(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    let first = match &schema["type"] {
        Value::Array(kinds) => kinds.first().cloned().unwrap_or_default(),
        kind => kind.clone(),
    };
    match first.as_str() {
        Some("object") => {
            let needed = schema["required"].as_array().into_iter().flatten();
            let named = needed
                .filter_map(Value::as_str)
                .map(|name| (name.to_owned(), sample(document, &schema["properties"][name])));
            Value::Object(named.collect::<Map<_, _>>())
        }
        Some("array") => Value::Array(vec![sample(document, &schema["items"])]),
        Some("integer") => 10.into(),
        Some("boolean") => true.into(),
        _ => "text".into(),
    }
}
