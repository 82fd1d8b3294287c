//! The OpenAPI document of a table of routes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;

use crate::api::problem::{PROBLEM_JSON, ProblemBody};
use crate::api::route::{Answer, ApiNeeds, ApiRoute, JSON_LINES, Key, Receives, Shape, Verb};

const ABOUT: &str = "Programs do here what people do on the admin pages. Every request brings a token \
    in `Authorization: Bearer …`; docs/api.md says how to begin.";

/// What a parameter of a path looks like, and what it is.
const PATH_PARAMETERS: &[(&str, &str, &str)] = &[
    ("number", "^[0-9]{1,18}$", "The number."),
    ("contact", "^[0-9]{1,18}$", "The contact’s id."),
    ("id", "^[0-9]{1,18}$", "The id."),
    ("session", "^[0-9]{1,18}$", "The session’s id."),
    ("slug", "^[a-z0-9-]{1,63}$", "The slug."),
    ("name", "^[A-Za-z0-9._-]{1,100}$", "The name."),
    ("version", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "The version of a rule set."),
    ("code", "^[a-z_]{1,40}$", "The code of a kind of problem."),
];

/// The document of these routes.
pub(crate) fn document(routes: &[ApiRoute]) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    collect(&Shape::of::<ProblemBody>(), &mut schemas);
    for route in routes {
        let body = route.body.filter(|_| !matches!(route.receives, Receives::File(_)));
        let shapes = [body, answered(route.answer)];
        for shape in shapes.into_iter().flatten() {
            collect(&shape, &mut schemas);
        }
        let method = route.verb.as_str().to_ascii_lowercase();
        paths.entry(route.path).or_default().insert(method, operation(route));
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Pharos", "version": "1", "description": ABOUT },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

const fn answered(answer: Answer) -> Option<Shape> {
    match answer {
        Answer::One(shape)
        | Answer::Many(shape)
        | Answer::Made(shape)
        | Answer::Accepted(shape)
        | Answer::Lines(shape) => Some(shape),
        Answer::Csv | Answer::Other(_) => None,
    }
}

fn collect(shape: &Shape, to: &mut BTreeMap<String, Value>) {
    let mut found: Vec<(String, RefOr<utoipa::openapi::Schema>)> = Vec::new();
    (shape.collect)(&mut found);
    for (name, schema) in found {
        to.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
}

fn operation(route: &ApiRoute) -> Value {
    let tag = match route.needs {
        ApiNeeds::Nothing => "about",
        _ => route.path.split('/').nth(3).unwrap_or("about"),
    };
    let mut operation = json!({
        "operationId": route.operation,
        "tags": [tag],
        "summary": route.about,
        "parameters": parameters(route),
        "responses": responses(route),
        "security": match route.needs {
            ApiNeeds::Nothing => json!([]),
            ApiNeeds::Token | ApiNeeds::Right(_) => json!([{ "token": [] }]),
        },
    });
    if let Some(fields) = operation.as_object_mut() {
        if let ApiNeeds::Right(right) = route.needs {
            fields.insert("x-scope".to_owned(), json!(right.as_str()));
            let words = format!("Needs the scope `{right}`.");
            fields.insert("description".to_owned(), json!(words));
        }
        if let Some(audit) = route.audit {
            fields.insert("x-audit".to_owned(), json!(audit));
        }
        if let Receives::Bytes(_) = route.receives {
            let file = json!({ "schema": { "type": "string", "format": "binary" } });
            let body = json!({ "required": true, "content": { "application/octet-stream": file } });
            fields.insert("requestBody".to_owned(), body);
        }
        if let Some(body) = route.body {
            let schema = match route.receives {
                Receives::File(_) => json!({ "type": "string" }),
                Receives::Json | Receives::Lines | Receives::Bytes(_) => reference(&(body.name)()),
            };
            let content = json!({ route.receives.media_type(): { "schema": schema } });
            let body = json!({ "required": true, "content": content });
            fields.insert("requestBody".to_owned(), body);
        }
    }
    operation
}

fn parameters(route: &ApiRoute) -> Vec<Value> {
    let mut all: Vec<Value> = route.parameters().into_iter().map(path_parameter).collect();
    if let Some(query) = route.query {
        for parameter in query() {
            let mut parameter = serde_json::to_value(parameter).unwrap_or_default();
            if let Some(schema) = parameter.get_mut("schema") {
                *schema = without_null(schema.take());
            }
            all.push(parameter);
        }
    }
    if route.needs_if_match() {
        all.push(json!({
            "name": "If-Match",
            "in": "header",
            "required": true,
            "description": "The ETag of what was read.",
            "schema": { "type": "string", "pattern": "^(\\*|\"[0-9a-f]{24}\")$" },
        }));
    }
    let required = match route.key {
        Key::None => None,
        Key::Required(_) | Key::ForEver => Some(true),
        Key::Taken(_) => Some(false),
    };
    if let Some(required) = required {
        all.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": required,
            "description": "New for each thing that you want done; the same when you repeat a request.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "pattern": "^[ -~]+$",
            },
        }));
    }
    all
}

/// A parameter that is left out is not null: there is no way to write that in an address.
fn without_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema.get_mut("type").filter(|kinds| kinds.is_array()) {
        let first = kinds.get(0).cloned().unwrap_or_default();
        *kinds = first;
    }
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let kept = choices.iter().find(|it| it.get("type") != Some(&json!("null")));
        if let Some(kept) = kept {
            return kept.clone();
        }
    }
    schema
}

fn path_parameter(name: &str) -> Value {
    let known = PATH_PARAMETERS.iter().find(|(known, ..)| *known == name);
    let (_, pattern, about) = known.unwrap_or(&("", "^.+$", ""));
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": about,
        "schema": { "type": "string", "pattern": pattern },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn responses(route: &ApiRoute) -> Value {
    let mut all = Map::new();
    let (status, content) = success(route);
    let mut good = json!({ "description": "Done.", "content": content });
    if matches!(route.answer, Answer::One(_)) && route.verb == Verb::Get {
        let tag = json!({ "description": "Changes when the thing does.", "schema": { "type": "string" } });
        if let Some(good) = good.as_object_mut() {
            good.insert("headers".to_owned(), json!({ "ETag": tag }));
        }
        all.insert(
            "304".to_owned(),
            json!({ "description": "Not changed since `If-None-Match`." }),
        );
    }
    if route.operation == "message_send" {
        let mut checked = good.clone();
        checked["description"] = json!("Checked, and not done: `dry_run`.");
        all.insert("200".to_owned(), checked);
    }
    all.insert(status.to_owned(), good);
    for (status, about) in refusals(route) {
        let content = match route.needs {
            ApiNeeds::Nothing => json!({ "text/html": {} }),
            _ => json!({ PROBLEM_JSON: { "schema": reference("Problem") } }),
        };
        let mut answer = json!({ "description": about, "content": content });
        if matches!(status, "429" | "503")
            && let Some(answer) = answer.as_object_mut()
        {
            let wait = json!({ "description": "Seconds.", "schema": { "type": "integer" } });
            answer.insert("headers".to_owned(), json!({ "Retry-After": wait }));
        }
        all.insert(status.to_owned(), answer);
    }
    Value::Object(all)
}

fn success(route: &ApiRoute) -> (&'static str, Value) {
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    match route.answer {
        Answer::One(shape) => ("200", content(reference(&(shape.name)()))),
        Answer::Made(shape) => ("201", content(reference(&(shape.name)()))),
        Answer::Accepted(shape) => ("202", content(reference(&(shape.name)()))),
        Answer::Csv => ("200", json!({ "text/csv": { "schema": { "type": "string" } } })),
        Answer::Lines(shape) => {
            ("200", json!({ JSON_LINES: { "schema": reference(&(shape.name)()) } }))
        }
        Answer::Many(shape) => {
            let page = json!({
                "type": "object",
                "required": ["data", "next"],
                "properties": {
                    "data": { "type": "array", "items": reference(&(shape.name)()) },
                    "next": {
                        "type": ["string", "null"],
                        "description": "The `after` of the next page; null at the end.",
                    },
                },
            });
            ("200", content(page))
        }
        Answer::Other(kind) => ("200", json!({ kind: {} })),
    }
}

/// A look at what may not be sendable yet.
fn makes_a_message(route: &ApiRoute) -> bool {
    route.verb == Verb::Get
        && ["/preview", "/public_page"].iter().any(|it| route.path.ends_with(it))
}

fn refusals(route: &ApiRoute) -> Vec<(&'static str, &'static str)> {
    let has_path = !route.parameters().is_empty();
    if route.needs == ApiNeeds::Nothing {
        return if has_path { vec![("404", "There is no such thing.")] } else { Vec::new() };
    }
    let mut all = vec![
        ("400", "The address or a header is wrong."),
        ("401", "No good token."),
        ("429", "Too many requests."),
        ("500", "Something broke."),
        ("503", "The database is busy."),
    ];
    if matches!(route.needs, ApiNeeds::Right(_)) {
        all.push(("403", "The token may not do this."));
    }
    if has_path || route.query.is_some() {
        all.push(("404", "There is no such thing, or it is none of the token’s."));
    }
    if route.verb == Verb::Get && route.query.is_some() && !makes_a_message(route) {
        all.push(("422", "A parameter can’t be meant."));
    }
    if route.path == "/api/v1/events" {
        all.extend([
            ("409", "There are too many nodes for a cursor."),
            ("410", "Events behind the cursor were removed because of their age; “next” goes on."),
        ]);
    }
    if matches!(route.answer, Answer::Csv) {
        all.push(("409", "It is not there yet."));
    }
    if makes_a_message(route) {
        all.extend([
            ("409", "The message can’t be made with these values."),
            ("422", "The text has mistakes, or a parameter can’t be meant."),
        ]);
    }
    if route.verb != Verb::Get {
        all.extend([
            ("409", "Its state does not allow it, or the request was done before."),
            ("413", "The body is too large."),
            ("415", "The body is of another kind, or encoded."),
            ("412", "It was changed since it was read."),
            ("428", "If-Match is needed."),
            ("422", "A field can’t be meant, or the key belongs to another request."),
        ]);
    }
    all
}
