// A table is fitted to the schema of the model, checked, and scored row by row.
(function () {
    "use strict";
    const NAMED = 10;

    function ready(content) {
        const columns = content.columns.map(portable.cells.withSpellings);
        const spellings = {
            always: new Set(content.spellings.always),
            among: new Set(content.spellings.among),
        };
        const numbersOf = portable.columns.compile(content.parts);
        const predict = portable.models.compile(content.model);
        const outputOf = (values) => {
            const output = predict(numbersOf(values));
            return content.order.map((k) => (k < 0 ? 0 : output[k]));
        };
        return {...content, columns, spellings, outputOf, typical: columns.map(typicalOf)};
    }

    // The median or the most frequent label, as a cell holds it.
    function typicalOf(column) {
        const {typical, dtype} = column;
        if (typical === null || dtype === "text") {
            return typical;
        }
        if (dtype === "date") {
            return portable.cells.date(typical, "") ?? null;
        }
        return dtype === "boolean" ? typical === "True" : Number(typical);
    }

    // What a table lacks, and what of it the model does not know.
    function matched(model, header) {
        const names = header.map((name) => name.trim());
        const placeOf = (name) => (header.includes(name) ? header.indexOf(name) : names.indexOf(name.trim()));
        const places = model.columns.map((column) => placeOf(column.name));
        const taken = new Set(places);
        const isRepeated = (name, i) => !taken.has(i) && taken.has(names.indexOf(name));
        return {
            places,
            absent: model.columns.filter((_, j) => places[j] < 0).map((column) => column.name),
            surplus: header.filter((_, i) => !taken.has(i) && !isRepeated(names[i], i)),
            repeated: names.filter(isRepeated),
        };
    }

    // Counts what is odd in the cells of a table, and keeps the numbers of the first rows that have it.
    function tally() {
        const found = new Map();
        return {
            add(column, what, row, text) {
                const key = `${what} ${column}`;
                const entry = found.get(key) || {column, what, count: 0, rows: [], texts: new Set()};
                entry.count += 1;
                if (entry.rows.length < NAMED) {
                    entry.rows.push(row);
                }
                if (entry.texts.size < 3) {
                    entry.texts.add(text);
                }
                found.set(key, entry);
            },
            entries: () => [...found.values()],
        };
    }

    function valuesOf(model, cells, odd, row, unread) {
        return model.columns.map((column, j) => {
            const text = cells[j];
            const value = portable.cells.read(text, column, model.spellings);
            if (value === undefined) {
                odd.add(column.name, "unreadable", row, text.trim());
                if (unread) {
                    unread.push(`'${column.name}' cannot be read: "${text.trim().slice(0, 40)}".`);
                }
                return null;
            }
            if (value !== null && column.known.size && !portable.cells.isKnown(value, column)) {
                odd.add(column.name, "unseen", row, text.trim());
            }
            if (outside(value, column)) {
                odd.add(column.name, "outside", row, text.trim());
            }
            return value;
        });
    }

    function outside(value, column) {
        if (typeof value === "number" && column.role === "number") {
            return value < column.minimum || value > column.maximum;
        }
        if (value !== null && typeof value === "object" && typeof column.minimum === "string") {
            const label = portable.cells.label(value);
            return label.slice(0, 10) < column.minimum.slice(0, 10) || label.slice(0, 10) > column.maximum.slice(0, 10);
        }
        return false;
    }

    // The sentence that says why a row cannot be scored; empty if it can.
    function reasonAgainst(cells, header, values, unread) {
        if (cells.length > header.length && cells.slice(header.length).some((cell) => cell.trim())) {
            return `It has ${cells.length} cells, but the header has ${header.length}.`;
        }
        if (cells.length < header.length) {
            return `It has only ${cells.length} of ${header.length} cells.`;
        }
        if (values.every((value) => value === null)) {
            return "It has no value in any column that the model uses.";
        }
        return unread.join(" ");
    }

    function predicted(model, output, threshold) {
        if (model.task === "regression") {
            return output[0];
        }
        if (model.task === "binary") {
            return model.classes[output[1] >= threshold ? 1 : 0];
        }
        return model.classes[output.indexOf(Math.max(...output))];
    }

    // The number that reasons are about: the positive class, the likeliest one, or the prediction.
    function subjectOf(model, output) {
        return model.task === "regression" ? 0 : model.task === "binary" ? 1 : output.indexOf(Math.max(...output));
    }

    // How far each column moves the prediction from where its typical value would have it, the three strongest.
    function reasons(model, values, output, n = 3) {
        const subject = subjectOf(model, output);
        const moves = model.columns.map((column, j) => {
            const changed = values.slice();
            changed[j] = model.typical[j];
            const by = same(values[j], changed[j]) ? 0 : output[subject] - model.outputOf(changed)[subject];
            return {column: column.name, value: values[j], typical: model.typical[j], by};
        });
        const strongest = moves.filter((move) => move.by !== 0);
        strongest.sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
        return strongest.slice(0, n);
    }

    function same(one, other) {
        if (one === null || other === null || typeof one !== "object") {
            return one === other;
        }
        return one.days === other.days && one.micros === other.micros;
    }

    function scorer(model, table, unreadableAsMissing) {
        const matching = matched(model, table.header);
        const odd = tally();
        const unscorable = [];
        return {
            matching,
            odd,
            unscorable,
            score(i, withReasons) {
                const cells = table.rows[i];
                const unread = [];
                const given = matching.places.map((place) => (place < 0 ? "" : cells[place] ?? ""));
                const values = valuesOf(model, given, odd, table.numbers[i], unread);
                const problem = reasonAgainst(cells, table.header, values, unreadableAsMissing ? [] : unread);
                if (problem) {
                    unscorable.push({row: table.numbers[i], problem});
                    return {problem};
                }
                const output = model.outputOf(values);
                return {output, reasons: withReasons ? reasons(model, values, output) : null};
            },
        };
    }

    Object.assign(window.portable, {
        scoring: {ready, matched, valuesOf, tally, scorer, predicted, reasons, subjectOf},
    });
})();
