//! `/docs`: the document as a page, without a script, a style of others, or anything from afar.

use serde_json::{Map, Value};

/// The page for a document.
pub(crate) fn page(document: &Value) -> String {
    let mut page = Page::default();
    page.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.raw("<meta name=\"viewport\" content=\"width=device-width\">");
    page.raw("<title>FAME API</title></head><body><main>");
    page.element("h1", "FAME API");
    page.element("p", text(&document["info"], "description"));
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item) {
            operation_of(&mut page, method, path, operation);
        }
    }
    page.element("h2", "Shapes");
    for (name, schema) in members(&document["components"]["schemas"]) {
        page.raw("<section id=\"shape-");
        page.text(name);
        page.raw("\">");
        page.element("h3", name);
        page.element("p", text(schema, "description"));
        shape(&mut page, schema);
        page.raw("</section>");
    }
    page.raw("</main></body></html>\n");
    page.0
}

fn operation_of(page: &mut Page, method: &str, path: &str, operation: &Value) {
    page.raw("<section><h2><code>");
    page.text(&method.to_uppercase());
    page.raw(" ");
    page.text(path);
    page.raw("</code></h2>");
    page.element("p", text(operation, "summary"));
    page.element("p", text(operation, "description"));
    let scopes: Vec<&str> = items(&operation["security"])
        .flat_map(|one| items(&one["key"]))
        .filter_map(Value::as_str)
        .collect();
    let needs = match scopes.is_empty() {
        true => "Needs no key.".to_owned(),
        false => format!("Needs a key with the scope {}.", scopes.join(" or ")),
    };
    page.element("p", &needs);
    if !operation["parameters"].is_null() {
        page.element("h4", "Parameters");
        page.raw("<ul>");
        for parameter in items(&operation["parameters"]) {
            page.raw("<li><code>");
            page.text(text(parameter, "name"));
            page.raw("</code> ");
            page.text(&format!(
                "({}) {} {}",
                text(parameter, "in"),
                kind(&parameter["schema"]),
                text(parameter, "description"),
            ));
            page.raw("</li>");
        }
        page.raw("</ul>");
    }
    for (media, body) in members(&operation["requestBody"]["content"]) {
        page.element("h4", "Body");
        page.element("p", &format!("{media}: {}", kind(&body["schema"])));
    }
    page.element("h4", "Answers");
    page.raw("<ul>");
    for (status, response) in members(&operation["responses"]) {
        let shapes: Vec<String> = members(&response["content"])
            .map(|(media, content)| format!("{media} {}", kind(&content["schema"])))
            .collect();
        page.raw("<li><code>");
        page.text(status);
        page.raw("</code> ");
        page.text(&format!(
            "{} ({})",
            text(response, "description"),
            shapes.join(", "),
        ));
        page.raw("</li>");
    }
    page.raw("</ul></section>");
}

fn shape(page: &mut Page, schema: &Value) {
    let fields: Vec<_> = members(&schema["properties"]).collect();
    if fields.is_empty() {
        return page.element("p", &kind(schema));
    }
    page.raw("<ul>");
    for (name, field) in fields {
        page.raw("<li><code>");
        page.text(name);
        page.raw("</code> ");
        page.text(&format!("{} {}", kind(field), text(field, "description")));
        page.raw("</li>");
    }
    page.raw("</ul>");
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        let words: Vec<String> = values.iter().map(Value::to_string).collect();
        return words.join(" | ");
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if schema[choice].is_array() {
            let kinds: Vec<String> = items(&schema[choice]).map(kind).collect();
            return kinds.join(" | ");
        }
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            names.join(" | ")
        }
        _ => "anything".into(),
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// HTML in the making.
#[derive(Default)]
struct Page(String);

impl Page {
    fn raw(&mut self, html: &'static str) {
        self.0.push_str(html);
    }

    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                _ => self.0.push(letter),
            }
        }
    }

    /// Nothing for an empty text.
    fn element(&mut self, name: &'static str, text: &str) {
        if text.is_empty() {
            return;
        }
        for part in ["<", name, ">"] {
            self.raw(part);
        }
        self.text(text);
        for part in ["</", name, ">"] {
            self.raw(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_is_escaped() {
        let hostile = "<script>\"'&";
        let document = json!({
            "info": { "description": hostile },
            "paths": { hostile: { "get": {
                "summary": hostile,
                "parameters": [{ "name": hostile, "in": hostile }],
                "responses": { hostile: { "description": hostile } },
            } } },
            "components": { "schemas": { hostile: { "properties": { hostile: {} } } } },
        });
        let page = page(&document);
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("\"'&"), "{page}");
        assert_eq!(page.matches("&lt;script&gt;&quot;&#39;&amp;").count(), 10);
    }
}
