//! The document that describes the API: what every route can really answer.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Info, OpenApi, OpenApiBuilder, Ref, RefOr, Required, path::ParameterBuilder,
    path::ParameterIn, schema::ObjectBuilder, schema::SchemaType, schema::Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{Code, MEDIA_TYPE, Wire};

/// The document before any route is in it.
pub(crate) fn head() -> OpenApi {
    let mut info = Info::new("FAME", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A voice-first desktop assistant. Every address but `/health` and the dashboard's files \
         needs a key in `Authorization: Bearer`; `fame keys create` makes one. What went wrong is \
         told as `application/problem+json` with a stable `code`."
            .into(),
    );
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some(
        "A key with the scope that the route needs: `query` to ask, `read` to look, `admin` to \
         change FAME; `admin` implies the others."
            .into(),
    );
    let components = ComponentsBuilder::new()
        .security_scheme("key", SecurityScheme::Http(bearer))
        .schema("Problem", Wire::schema())
        .schema(Code::name(), Code::schema())
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .build()
}

/// Adds to every route what all of its kind can answer.
pub(crate) fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let by_name = path.contains('{');
        if let Some(operation) = &mut item.get {
            looks(operation, path, by_name);
        }
        for operation in [&mut item.post, &mut item.patch].into_iter().flatten() {
            changes(operation, path);
        }
    }
}

fn looks(operation: &mut Operation, path: &str, by_name: bool) {
    let mut statuses = vec![400, 403, 500, 503];
    if path != "/health" {
        statuses.extend([401, 429, 504]);
    }
    if by_name {
        statuses.push(404);
    }
    if operation.parameters.is_some() && !by_name {
        statuses.push(422);
    }
    add(operation, &statuses);
}

fn changes(operation: &mut Operation, path: &str) {
    add(
        operation,
        &[
            400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503, 504,
        ],
    );
    if path.starts_with("/v1/audio/") {
        return;
    }
    let name = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .min_length(Some(1))
        .max_length(Some(64))
        .pattern(Some("^[!-~]+$"))
        .build();
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Names the request, so that it is done once however often it is sent.",
        ))
        .schema(Some(name))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(parameter.into());
}

fn add(operation: &mut Operation, statuses: &[u16]) {
    let all = &mut operation.responses.responses;
    for status in statuses {
        let problem = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let also = all.entry(status.to_string()).or_insert_with(|| {
            let description = describe(*status);
            RefOr::T(ResponseBuilder::new().description(description).build())
        });
        if let RefOr::T(response) = also {
            response
                .content
                .insert(MEDIA_TYPE.into(), RefOr::T(problem));
        }
    }
}

fn describe(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be read",
        401 => "No key, or none that is good",
        403 => "Not for this key, this page, or under this name",
        404 => "There is no such thing",
        408 => "The body did not arrive in time",
        409 => "It does not fit the state of things, or is being worked on",
        413 => "The body is too large",
        415 => "The body is of a kind that is not taken",
        422 => "The body or a parameter is not what is needed",
        429 => "Too often; `Retry-After` says when to come back",
        500 => "A bug",
        503 => "A part is missing, too much is going on, or FAME is stopping",
        _ => "It takes too long",
    }
}
