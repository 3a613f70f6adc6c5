// The page of the API: drawn from openapi.json, each operation with a form that sends it.
(function () {
    "use strict";
    const MAX_SHOWN = 100000;
    const PARTS = {string: "", integer: 0, number: 0, boolean: true, array: [], object: {}};

    function make(name, properties, ...children) {
        const element = document.createElement(name);
        for (const [key, value] of Object.entries(properties || {})) {
            if (key in element && key !== "list") {
                element[key] = value;
            } else {
                element.setAttribute(key, value);
            }
        }
        element.append(...children.filter((child) => child !== null && child !== undefined));
        return element;
    }

    function resolved(schema, known) {
        return schema && schema.$ref ? known[schema.$ref.split("/").pop()] : schema || {};
    }

    function kindOf(schema, known) {
        const found = resolved(schema, known);
        if (found.anyOf) {
            const kinds = found.anyOf.map((each) => kindOf(each, known)).filter((kind) => kind !== "null");
            return [...new Set(kinds)].join(" or ");
        }
        if (found.enum) {
            return found.enum.join(" | ");
        }
        if (found.type === "array") {
            const inside = kindOf(found.items || {}, known);
            return inside ? "list of " + inside : "list";
        }
        return found.type || "";
    }

    function example(schema, known) {
        const body = {};
        const needed = schema.required || [];
        for (const [name, field] of Object.entries(schema.properties || {})) {
            const found = resolved(field, known);
            if (needed.includes(name)) {
                body[name] = found.examples ? found.examples[0] : PARTS[found.type] ?? null;
            }
        }
        return JSON.stringify(body, null, 2);
    }

    function fieldRows(schema, known, before) {
        return Object.entries(schema.properties || {}).flatMap(([name, field]) => {
            const found = resolved(field, known);
            const needed = (schema.required || []).includes(name) ? "" : "Optional.";
            const row = make(
                "tr", {},
                make("td", {}, make("code", {textContent: before + name})),
                make("td", {textContent: kindOf(field, known)}),
                make("td", {textContent: [needed, field.description || found.description].filter(Boolean).join(" ")})
            );
            return [row, ...fieldRows(found, known, before + name + ".")];
        });
    }

    function fieldTable(schema, known) {
        const rows = fieldRows(schema, known, "");
        const head = make("tr", {}, ...["Field", "Type", "What it is"].map((text) => make("th", {scope: "col", textContent: text})));
        return make("div", {className: "api-table", tabIndex: 0, role: "group", "aria-label": "Fields"},
            make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
    }

    function input(id, label, hint, control) {
        control.id = id;
        return make("p", {className: "api-field"}, make("label", {htmlFor: id, textContent: label}), control,
            hint ? make("span", {textContent: hint}) : null);
    }

    function quoted(text) {
        return "'" + text.replaceAll("'", "'\\''") + "'";
    }

    class Operation {
        constructor(method, path, described, known, root) {
            Object.assign(this, {method, path, described, known, root, id: described.operationId});
            this.values = {};
        }

        drawn() {
            const summary = make("summary", {}, make("b", {className: "api-" + this.method, textContent: this.method.toUpperCase()}),
                " ", make("code", {textContent: this.path}), " ", make("span", {textContent: this.described.summary}));
            this.element = make("details", {id: "api-" + this.id}, summary);
            // Each is drawn when it is opened: there are hundreds of fields.
            this.element.addEventListener("toggle", () => {
                if (this.element.open && !this.form) {
                    this.fill();
                }
            });
            return this.element;
        }

        fill() {
            this.form = make("form", {className: "api-form"});
            for (const parameter of this.described.parameters) {
                const control = make("input", {type: "text", required: parameter.required, autocomplete: "off"});
                const hint = [parameter.required ? "" : "Optional.", parameter.description].filter(Boolean).join(" ");
                this.form.append(input(`api-${this.id}-${parameter.name}`, parameter.name, hint, control));
                this.values[parameter.name] = control;
            }
            this.addBody();
            this.curl = make("pre", {tabIndex: 0});
            this.answer = make("div", {className: "api-answer", role: "status"});
            const send = make("button", {type: "submit", textContent: this.method === "delete" ? "Delete" : "Send"});
            this.form.append(make("p", {}, send));
            this.form.addEventListener("submit", (event) => {
                event.preventDefault();
                this.send(send);
            });
            this.form.addEventListener("input", () => this.tell());
            this.element.append(this.form, make("h3", {textContent: "From the command line"}), this.curl, this.answer, this.fails());
            this.tell();
        }

        addBody() {
            const content = (this.described.requestBody || {}).content || {};
            if (content["multipart/form-data"]) {
                this.file = make("input", {type: "file", required: true});
                this.form.append(input(`api-${this.id}-file`, "file", "", this.file));
            } else if (content["application/json"]) {
                const schema = resolved(content["application/json"].schema, this.known);
                this.body = make("textarea", {rows: 8, spellcheck: false, value: example(schema, this.known)});
                this.form.append(input(`api-${this.id}-body`, "Body, as JSON", "", this.body), fieldTable(schema, this.known));
            }
        }

        fails() {
            const list = Object.entries(this.described.responses).map(([status, answer]) => {
                const content = Object.values(answer.content || {})[0];
                const name = content && content.schema && content.schema.$ref ? content.schema.$ref.split("/").pop() : "";
                return make("li", {}, make("code", {textContent: status}), " ", name || answer.description);
            });
            return make("details", {}, make("summary", {textContent: "Possible answers"}), make("ul", {}, ...list));
        }

        address() {
            const query = new URLSearchParams();
            let path = this.path;
            for (const parameter of this.described.parameters) {
                const value = this.values[parameter.name].value;
                if (parameter.in === "path") {
                    path = path.replace(`{${parameter.name}}`, value ? encodeURIComponent(value) : `{${parameter.name}}`);
                } else if (value) {
                    query.set(parameter.name, value);
                }
            }
            return this.root + path + (query.size ? "?" + query : "");
        }

        tell() {
            const parts = ["curl"];
            if (this.method !== "get") {
                parts.push("-X " + this.method.toUpperCase());
            }
            parts.push(quoted(window.location.origin + this.address()));
            if (document.getElementById("api-token").value) {
                parts.push('-H "Authorization: Bearer $TOKEN"');
            }
            if (this.file) {
                parts.push("-F " + quoted("file=@" + (this.file.files[0] ? this.file.files[0].name : "table.csv")));
            } else if (this.body) {
                parts.push("-H 'Content-Type: application/json'", "-d " + quoted(this.body.value.replace(/\s*\n\s*/g, " ")));
            }
            this.curl.textContent = parts.join(" \\\n  ");
        }

        async send(button) {
            const token = document.getElementById("api-token").value.trim();
            const options = {method: this.method.toUpperCase(), headers: {Accept: "application/json"}};
            if (token) {
                options.headers.Authorization = "Bearer " + token;
            }
            if (this.file) {
                options.body = new FormData();
                options.body.append("file", this.file.files[0]);
            } else if (this.body) {
                options.headers["Content-Type"] = "application/json";
                options.body = this.body.value;
            }
            button.disabled = true;
            this.answer.replaceChildren(make("p", {textContent: "Waiting for the answer …"}));
            const begun = performance.now();
            try {
                const answer = await fetch(this.address(), options);
                const text = await answer.text();
                const took = Math.round(performance.now() - begun);
                this.show(`${answer.status} ${answer.statusText}, ${took} ms`, text, answer.ok);
            } catch {
                this.show("The server did not answer. Check whether it runs, and try again.", "", false);
            }
            button.disabled = false;
        }

        show(says, text, ok) {
            let shown = text;
            try {
                shown = JSON.stringify(JSON.parse(text), null, 2);
            } catch {
                // Not JSON: as it is.
            }
            if (shown.length > MAX_SHOWN) {
                shown = shown.slice(0, MAX_SHOWN) + "\n…";
            }
            this.answer.replaceChildren(
                make("p", {}, make("strong", {className: ok ? "api-good" : "api-bad", textContent: says})),
                ...(shown ? [make("pre", {tabIndex: 0, textContent: shown})] : [])
            );
        }
    }

    function draw(description, root, place) {
        const known = description.components.schemas;
        for (const tag of description.tags) {
            const list = [];
            for (const [path, methods] of Object.entries(description.paths)) {
                for (const [method, described] of Object.entries(methods)) {
                    if (described.tags.includes(tag.name)) {
                        list.push(new Operation(method, path, described, known, root));
                    }
                }
            }
            place.append(make("h2", {textContent: tag.name}), ...list.map((operation) => operation.drawn()));
        }
    }

    async function start() {
        const {root, prefix} = document.body.dataset;
        const place = document.getElementById("api-operations");
        try {
            const answer = await fetch(root + prefix + "/openapi.json");
            const description = await answer.json();
            place.replaceChildren();
            draw(description, root, place);
        } catch {
            place.replaceChildren(make("p", {role: "alert", textContent: "The description could not be loaded. Reload the page."}));
        }
        place.removeAttribute("aria-busy");
    }

    start();
})();
