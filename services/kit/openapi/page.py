"""An OpenAPI document as one readable HTML page: no script, nothing loaded from anywhere."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h2{margin-top:3rem;border-bottom:1px solid #767676}h3{margin-top:2rem}"
    "code{background:#f2f2f2;padding:.1em .3em;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%;table-layout:fixed;overflow-wrap:anywhere}"
    "h1,h2,h3,p,li{overflow-wrap:anywhere}"
    "th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left;vertical-align:top}"
    "pre{background:#f2f2f2;padding:1rem;overflow-x:auto}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode("utf-8")).digest()).decode("ascii")
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def page(document: Mapping[str, Any]) -> str:
    """The page; every text of the document is escaped."""
    info = document["info"]
    operations = list(_operations(document))
    schemas = document.get("components", {}).get("schemas", {})
    title = escape(info["title"])
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>',
        f"<body><main><h1>{title}</h1><p>Version {escape(info['version'])}. ",
        '<a href="openapi.json">OpenAPI document</a></p>',
        _prose(info.get("description")),
        "<h2>Operations</h2><ul>",
        *(
            f'<li><a href="#{escape(o["operationId"])}"><code>{m} {escape(p)}</code></a></li>'
            for m, p, o in operations
        ),
        "</ul>",
        *(_operation(method, path, operation) for method, path, operation in operations),
        "<h2>Schemas</h2>",
        *(_schema(name, schema) for name, schema in schemas.items()),
        "</main></body></html>\n",
    ]
    return "".join(parts)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _prose(text: str | None) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in (text or "").split("\n\n") if part.strip())


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    rows = [
        (
            f"<code>{escape(parameter['name'])}</code>",
            f"{escape(parameter['in'])}{', required' if parameter.get('required') else ''}",
            _type(parameter.get("schema", {})),
            escape(parameter.get("description", "")),
        )
        for parameter in operation.get("parameters", ())
    ]
    answers = [
        (escape(status), escape(answer.get("description", "")), _content(answer))
        for status, answer in operation["responses"].items()
    ]
    body = operation.get("requestBody")
    return "".join(
        [
            f'<section id="{escape(operation["operationId"])}">',
            f"<h3>{escape(operation.get('summary', operation['operationId']))}</h3>",
            f"<p><code>{method} {escape(path)}</code></p>",
            _prose(operation.get("description")),
            "<p>Needs a token and a purpose.</p>" if operation.get("security") else "",
            _table(("Parameter", "Where", "Type", "Meaning"), rows),
            f"<p>Body: {_content(body)}</p>" if body else "",
            _table(("Answer", "When", "Content"), answers),
            "</section>",
        ]
    )


def _content(holder: Mapping[str, Any]) -> str:
    return "<br>".join(
        f"{_type(entry.get('schema', {}))} as <code>{escape(media)}</code>"
        for media, entry in holder.get("content", {}).items()
    )


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (
            f"<code>{escape(field)}</code>",
            _type(part),
            "required" if field in required else "",
            escape(part.get("description", "")),
        )
        for field, part in schema.get("properties", {}).items()
    ]
    table = _table(("Field", "Type", "Needed", "Meaning"), rows) if rows else f"<p>{_type(schema)}</p>"
    return (
        f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>'
        f"{_prose(schema.get('description'))}{table}</section>"
    )


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    for joiner in ("anyOf", "oneOf", "allOf"):
        if joiner in schema:
            return " or ".join(_type(part) for part in schema[joiner])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ", ".join(f"<code>{escape(json.dumps(value, ensure_ascii=False))}</code>" for value in values)
    return escape(" ".join(str(schema[key]) for key in ("type", "format") if key in schema) or "any")


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
