// Shows the description of the API to whoever may read it. The secret stays in the page and is never stored.
"use strict";

function element(name, text, children = []) {
    const node = document.createElement(name);
    if (text) {
        node.textContent = text;
    }
    node.append(...children);
    return node;
}

function folded(title, value) {
    return element("details", "", [element("summary", title), element("pre", JSON.stringify(value, null, 2))]);
}

function table(head, rows) {
    const line = (cells, kind) => element("tr", "", cells.map((cell) => element(kind, cell)));
    return element("table", "", [
        element("thead", "", [line(head, "th")]),
        element("tbody", "", rows.map((cells) => line(cells, "td"))),
    ]);
}

function shown(path, method, operation) {
    const name = element("span", method.toUpperCase());
    name.className = "method";
    const parts = [
        element("h2", "", [name, element("code", path)]),
        element("p", `${operation.summary}. ${operation.description || ""}`),
    ];
    const parameters = operation.parameters || [];
    if (parameters.length) {
        const rows = parameters.map((one) => [one.name, one.in, one.description || "", one.required ? "required" : ""]);
        parts.push(table(["Parameter", "In", "What it is", ""], rows));
    }
    for (const [type, content] of Object.entries(operation.requestBody?.content || {})) {
        for (const [title, sample] of Object.entries(content.examples || {})) {
            parts.push(folded(`${title} (${type})`, sample.value));
        }
        parts.push(folded("Schema of the body", content.schema));
    }
    const answers = Object.entries(operation.responses).map(([status, answer]) => [status, answer.description]);
    parts.push(table(["Answer", "When"], answers));
    return element("section", "", parts);
}

function describe(description, place) {
    place.replaceChildren();
    for (const [path, methods] of Object.entries(description.paths)) {
        for (const [method, operation] of Object.entries(methods)) {
            place.append(shown(path, method, operation));
        }
    }
    const schemas = Object.entries(description.components.schemas).map(([name, schema]) => folded(name, schema));
    place.append(element("section", "", [element("h2", "Schemas"), ...schemas]));
}

async function ask(event) {
    event.preventDefault();
    const place = document.getElementById("description");
    const said = document.getElementById("said");
    said.textContent = "Asking…";
    place.replaceChildren();
    const secret = document.getElementById("secret").value;
    const answer = await fetch(place.dataset.address, { headers: { Authorization: `Bearer ${secret}` } });
    const document_ = await answer.json();
    if (!answer.ok) {
        said.textContent = `${document_.title}. ${document_.detail || ""}`;
        return;
    }
    said.textContent = `${document_.info.title}, version ${document_.info.version}`;
    describe(document_, place);
}

document.getElementById("caller").addEventListener("submit", ask);
