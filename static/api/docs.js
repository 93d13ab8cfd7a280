// Shows the description of the API to whoever may read it. The secret stays in the page and is never stored.
"use strict";

const TAGS = { sales: "Sales", warehouse: "Warehouse", finance: "Finance", service: "Service", messages: "Messages and descriptions" };

function element(name, text, children = [], attributes = {}) {
    const node = document.createElement(name);
    if (text) {
        node.textContent = text;
    }
    for (const [key, value] of Object.entries(attributes)) {
        node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
}

function folded(title, value) {
    return element("details", "", [element("summary", title), element("pre", JSON.stringify(value, null, 2))]);
}

// Each cell says what it is, for phones, where a row becomes a list.
function table(head, rows) {
    const cells = (row) => row.map((cell, at) => element("td", cell, [], { "data-is": head[at] }));
    return element("table", "", [
        element("thead", "", [element("tr", "", head.map((cell) => element("th", cell)))]),
        element("tbody", "", rows.map((row) => element("tr", "", cells(row)))),
    ], { class: head.length > 2 ? "wide" : "pairs" });
}

function method(name) {
    return element("span", name.toUpperCase(), [], { class: `method ${name}` });
}

function samples(content) {
    const named = Object.entries(content.examples || {}).map(([name, one]) => [name.replace("-", " "), one.value]);
    return content.example ? [["sample", content.example], ...named] : named;
}

function body(operation) {
    const parts = [];
    for (const [type, content] of Object.entries(operation.requestBody?.content || {})) {
        parts.push(element("h4", `Body: ${type}`));
        samples(content).forEach(([name, value]) => parts.push(folded(name[0].toUpperCase() + name.slice(1), value)));
        parts.push(folded("Schema", content.schema));
    }
    return parts;
}

function answers(operation) {
    const rows = (wanted) =>
        Object.entries(operation.responses)
            .filter(([status]) => wanted === status < "400")
            .map(([status, answer]) => [status, answer.description]);
    const refusals = element("details", "", [element("summary", "Refusals"), table(["Status", "When"], rows(false))]);
    const parts = [element("h4", "Answers"), table(["Status", "When"], rows(true)), refusals];
    for (const [status, answer] of Object.entries(operation.responses)) {
        const schema = answer.content?.["application/json"]?.schema;
        if (schema && status < "300") {
            parts.push(folded(`Schema of the answer ${status}`, schema));
        }
    }
    return parts;
}

function shown({ path, name, operation }) {
    const parts = [
        element("h3", "", [method(name), element("code", path)]),
        element("p", `${operation.summary}. ${operation.description || ""}`),
    ];
    const parameters = operation.parameters || [];
    if (parameters.length) {
        const rows = parameters.map((one) => [
            one.required ? `${one.name} (required)` : one.name,
            one.in,
            one.description || "",
        ]);
        parts.push(element("h4", "Parameters"), table(["Name", "Stands in", "What it is"], rows));
    }
    return element("article", "", [...parts, ...body(operation), ...answers(operation)], { id: operation.operationId });
}

function contents(groups) {
    const links = (list) =>
        list.map(({ path, name, operation }) =>
            element("li", "", [
                element("a", "", [method(name), element("code", path)], { href: `#${operation.operationId}` }),
                element("span", operation.summary),
            ])
        );
    const items = groups.flatMap(([tag, list]) => [
        element("h3", TAGS[tag] || tag),
        element("ul", "", links(list)),
    ]);
    return element("nav", "", items, { "aria-label": "Contents" });
}

function describe(description, place) {
    const groups = {};
    const rank = (tag) => Object.keys(TAGS).indexOf(tag);
    for (const [path, methods] of Object.entries(description.paths)) {
        for (const [name, operation] of Object.entries(methods)) {
            (groups[operation.tags[0]] ||= []).push({ path, name, operation });
        }
    }
    const sorted = Object.entries(groups).sort(([one], [other]) => rank(one) - rank(other));
    place.replaceChildren();
    if (sorted.every(([tag]) => tag === "messages")) {
        const nothing =
            "No document is set up for you yet: nothing can be sent, and there is nothing to read. " +
            "Ask your contact which documents you should exchange. What is here always stands below.";
        place.append(element("p", nothing, [], { class: "note" }));
    }
    place.append(contents(sorted));
    for (const [tag, list] of sorted) {
        place.append(element("section", "", [element("h2", TAGS[tag] || tag), ...list.map(shown)]));
    }
    const schemas = Object.entries(description.components.schemas).map(([name, schema]) => folded(name, schema));
    place.append(element("section", "", [element("h2", "Schemas"), ...schemas]));
}

function proof() {
    const secret = document.getElementById("secret").value.trim();
    const user = document.getElementById("user").value.trim();
    if (!user) {
        return `Bearer ${secret}`;
    }
    const bytes = new TextEncoder().encode(`${user}:${secret}`);
    return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

async function ask(event) {
    event.preventDefault();
    const place = document.getElementById("description");
    const said = document.getElementById("said");
    said.className = "";
    said.textContent = "Asking…";
    place.replaceChildren();
    try {
        const answer = await fetch(place.dataset.address, { headers: { Authorization: proof() } });
        const told = await answer.json();
        if (!answer.ok) {
            said.className = "wrong";
            said.textContent = `${told.title}. ${told.detail || ""}`;
            return;
        }
        said.textContent = `${told.info.title}, version ${told.info.version}, at ${told.servers[0].url}`;
        describe(told, place);
    } catch (error) {
        said.className = "wrong";
        said.textContent = `The description could not be read: ${error.message}`;
    }
}

document.getElementById("caller").addEventListener("submit", ask);
