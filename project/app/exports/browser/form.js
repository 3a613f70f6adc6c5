// One row: a field for each column, the prediction for what stands in them, and why.
(function () {
    "use strict";
    const MOST_OPTIONS = 200;

    // Every text becomes a text node: what a table holds is never markup.
    function element(name, properties = {}, ...children) {
        const made = document.createElement(name);
        for (const [key, value] of Object.entries(properties)) {
            if (key in made && key !== "list") {
                made[key] = value;
            } else {
                made.setAttribute(key, value);
            }
        }
        made.append(...children.filter((child) => child !== null && child !== undefined));
        return made;
    }

    function shown(value) {
        return value === null ? "missing" : typeof value === "number" ? wording.number(value, 6) : portable.cells.label(value);
    }

    function typicalText(column, value) {
        if (value === null) {
            return "";
        }
        const text = portable.cells.label(value);
        if (typeof value === "boolean") {
            return text.toLowerCase();
        }
        return typeof value === "number" && column.written === "decimal comma" ? text.replace(".", ",") : text;
    }

    function field(column, typical, j) {
        const id = `field-${j}`;
        const text = typicalText(column, typical);
        let input;
        if (column.dtype === "boolean") {
            input = options(["true", "false"], text);
        } else if (column.categories.length && column.categories.length <= MOST_OPTIONS) {
            input = options(column.categories, text);
        } else if (column.role === "text") {
            input = element("textarea", {rows: 2});
            input.defaultValue = text;
        } else {
            input = element("input", {type: "text", autocomplete: "off"});
            if (column.dtype === "integer" || column.dtype === "decimal") {
                input.inputMode = "decimal";
            }
            if (column.dtype === "date" && text.length <= 10) {
                input.type = "date";
            }
            input.defaultValue = text;
        }
        input.id = id;
        input.setAttribute("aria-describedby", `${id}-says`);
        return element(
            "div",
            {className: "field"},
            element("label", {htmlFor: id}, column.name || "(no name)"),
            input,
            element("small", {id: `${id}-says`}, hint(column)),
        );
    }

    function options(levels, chosen) {
        const none = element("option", {value: ""}, "(missing)");
        const others = levels.map((level) => element("option", {value: level, defaultSelected: level === chosen}, level));
        return element("select", {}, none, ...others);
    }

    function hint(column) {
        if (column.minimum === null || column.role === "category") {
            return "";
        }
        const isYear = column.role === "date";
        const write = (value) => (typeof value === "number" && !isYear ? wording.number(value, 4) : String(value));
        return `Seen: ${write(column.minimum)} to ${write(column.maximum)}`;
    }

    function bars(model, output) {
        const order = model.classes.map((_, k) => k).sort((a, b) => output[b] - output[a]);
        const rows = order.slice(0, 12).map((k) => {
            const fill = element("div");
            fill.style.width = `${100 * output[k]}%`;
            return element(
                "div",
                {className: "bar"},
                element("span", {}, model.classes[k]),
                element("div", {className: "track"}, fill),
                element("span", {className: "number"}, wording.percent(output[k])),
            );
        });
        return element("div", {}, ...rows);
    }

    function moved(model, by) {
        const text = model.task === "regression" ? wording.number(by, 4) : `${wording.fixed(100 * by, 1)} points`;
        return by > 0 ? `+${text}` : text;
    }

    function reasonsTable(model, reasons, subject) {
        if (!reasons.length) {
            return element("p", {className: "hint"}, "No single column moves this prediction away from the usual one.");
        }
        const of = model.task === "regression" ? "the prediction" : `the probability of ${model.classes[subject]}`;
        const heads = ["Column", "Value", "Usual value", "Moves it by"].map((text) => element("th", {scope: "col"}, text));
        const rows = reasons.map((reason) =>
            element(
                "tr",
                {},
                element("th", {scope: "row"}, reason.column),
                element("td", {}, shown(reason.value)),
                element("td", {}, shown(reason.typical)),
                element("td", {className: "number"}, moved(model, reason.by)),
            ),
        );
        return element(
            "div",
            {className: "scroll", tabIndex: 0, role: "region", "aria-label": "Strongest reasons"},
            element(
                "table",
                {className: "reasons"},
                element("caption", {}, `What moves ${of} most`),
                element("thead", {}, element("tr", {}, ...heads)),
                element("tbody", {}, ...rows),
            ),
        );
    }

    const SAID = {
        unreadable: "Cannot be read: counts as missing.",
        unseen: "Not among the training rows.",
        outside: "Outside what the training rows had.",
    };

    function note(column, j, entries) {
        const says = document.getElementById(`field-${j}-says`);
        const odd = entries.find((entry) => entry.column === column.name);
        says.textContent = odd ? SAID[odd.what] : hint(column);
        says.classList.toggle("odd", Boolean(odd));
    }

    function build(model, threshold) {
        const fields = document.getElementById("fields");
        const target = document.getElementById("one");
        const form = document.getElementById("form");
        model.columns.forEach((column, j) => fields.append(field(column, model.typical[j], j)));
        const inputs = model.columns.map((_, j) => document.getElementById(`field-${j}`));

        function show() {
            const odd = portable.scoring.tally();
            const cells = inputs.map((input) => input.value);
            const values = portable.scoring.valuesOf(model, cells, odd, 1);
            model.columns.forEach((column, j) => note(column, j, odd.entries()));
            const output = model.outputOf(values);
            const answer = portable.scoring.predicted(model, output, threshold());
            const text = model.task === "regression" ? wording.number(answer, 6) : answer;
            target.replaceChildren(
                element("p", {className: "answer"}, `${model.target}: ${text}`),
                ...(model.task === "regression" ? [] : [bars(model, output)]),
                reasonsTable(model, portable.scoring.reasons(model, values, output), portable.scoring.subjectOf(model, output)),
            );
        }

        form.addEventListener("submit", (event) => {
            event.preventDefault();
            show();
        });
        form.addEventListener("reset", () => setTimeout(show));
        document.getElementById("empty").addEventListener("click", () => {
            inputs.forEach((input) => {
                input.value = "";
            });
            show();
        });
        show();
        return show;
    }

    Object.assign(window.portable, {form: {build}, element, shown, moved});
})();
