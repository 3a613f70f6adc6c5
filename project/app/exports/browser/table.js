// A table: what of it fits the model, what every row is predicted to be, and the file with it.
(function () {
    "use strict";
    const {element} = portable;
    const SHOWN = 50;
    const LISTED = 20;
    const SLICE_MS = 40;
    const SAID = {
        unreadable: "cannot be read",
        unseen: "are not among the levels of the training rows",
        outside: "lie outside the range of the training rows",
    };

    function quoted(names) {
        const some = names.slice(0, LISTED).map((name) => `'${name}'`).join(", ");
        return names.length > LISTED ? `${some} and ${wording.number(names.length - LISTED)} more` : some;
    }

    function remarks(scorer) {
        const {absent, surplus, repeated} = scorer.matching;
        const lines = [];
        if (absent.length) {
            lines.push(["warning", `The table has no ${quoted(absent)}: taken as missing in every row.`]);
        }
        if (repeated.length) {
            lines.push(["warning", `More than one column is called ${quoted(repeated)}: the first is taken.`]);
        }
        if (surplus.length) {
            lines.push(["", `The model does not use ${quoted(surplus)}: kept in the download.`]);
        }
        for (const {column, what, count, rows, texts} of scorer.odd.entries()) {
            const examples = [...texts].map((text) => `"${text.slice(0, 40)}"`).join(", ");
            const cells = count === 1 ? "1 cell" : `${wording.number(count)} cells`;
            const where = `row${rows.length > 1 ? "s" : ""} ${rows.join(", ")}${count > rows.length ? ", …" : ""}`;
            lines.push(["warning", `${cells} of '${column}' ${SAID[what]}: ${examples} (${where}).`]);
        }
        return lines.map(([level, text]) => element("p", {className: `message ${level}`}, text));
    }

    function unscorable(scorer) {
        const {length} = scorer.unscorable;
        if (!length) {
            return [];
        }
        const rows = scorer.unscorable
            .slice(0, 200)
            .map(({row, problem}) => element("li", {}, `Row ${wording.number(row)}: ${problem}`));
        const more = length > 200 ? [element("li", {}, `and ${wording.number(length - 200)} more, each in the download`)] : [];
        const says = length === 1 ? "1 row cannot be scored" : `${wording.number(length)} rows cannot be scored`;
        return [
            element("h3", {}, says),
            element("p", {className: "hint"}, "They are in the download too, with the reason instead of a prediction."),
            element("ul", {}, ...rows, ...more),
        ];
    }

    function heads(model) {
        return [`predicted ${model.target}`, ...(model.task === "regression" ? [] : model.classes.map((name) => `probability of ${name}`))];
    }

    function free(names, taken) {
        const used = new Set(taken);
        return names.map((name) => {
            let own = name;
            while (used.has(own)) {
                own += " (model)";
            }
            used.add(own);
            return own;
        });
    }

    function reasonText(model, reason) {
        return `${reason.column} = ${portable.shown(reason.value)} (${portable.moved(model, reason.by)})`;
    }

    function added(model, result, threshold, withReasons, write) {
        const width = heads(model).length;
        const reasons = withReasons ? [0, 1, 2] : [];
        if (result.problem) {
            return [...new Array(width + reasons.length).fill(""), result.problem];
        }
        const answer = portable.scoring.predicted(model, result.output, threshold);
        const cells = model.task === "regression" ? [write(answer)] : [answer, ...result.output.map(write)];
        const said = reasons.map((i) => (result.reasons[i] ? reasonText(model, result.reasons[i]) : ""));
        return [...cells, ...said, ""];
    }

    function addedHeads(model, withReasons) {
        return [...heads(model), ...(withReasons ? ["reason 1", "reason 2", "reason 3"] : []), "problem"];
    }

    // As parts, for one text of a million rows would not fit.
    function fileOf(model, table, results, threshold, withReasons) {
        const {delimiter} = table;
        const comma = delimiter === ";" && model.columns.some((column) => column.written === "decimal comma");
        const write = (value) => (comma ? String(value).replace(".", ",") : String(value));
        const parts = ["\ufeff", portable.csv.line([...table.header, ...free(addedHeads(model, withReasons), table.header)], delimiter)];
        table.rows.forEach((row, i) => {
            const padded = [...row, ...new Array(Math.max(0, table.header.length - row.length)).fill("")];
            const kept = padded.slice(0, table.header.length);
            parts.push(portable.csv.line([...kept, ...added(model, results[i], threshold, withReasons, write)], delimiter));
        });
        return new Blob(parts, {type: "text/csv;charset=utf-8"});
    }

    function preview(model, table, results, threshold, withReasons) {
        const names = addedHeads(model, withReasons);
        const write = (value) => (model.task === "regression" ? wording.number(value, 6) : wording.percent(value));
        const rows = results.slice(0, SHOWN).map((result, i) => {
            const cells = added(model, result, threshold, withReasons, write);
            return element(
                "tr",
                {},
                element("th", {scope: "row"}, wording.number(table.numbers[i])),
                ...cells.map((cell) => element("td", {title: cell}, cell)),
                ...table.rows[i].slice(0, 12).map((cell) => element("td", {title: cell}, cell)),
            );
        });
        const head = ["Row", ...names, ...table.header.slice(0, 12)].map((name) => element("th", {scope: "col", title: name}, name));
        const of = results.length > SHOWN ? `The first ${SHOWN} of ${wording.number(results.length)} rows; the download has all` : "All rows";
        return element(
            "div",
            {className: "scroll", tabIndex: 0, role: "region", "aria-label": "Predictions"},
            element(
                "table",
                {},
                element("caption", {}, of),
                element("thead", {}, element("tr", {}, ...head)),
                element("tbody", {}, ...rows),
            ),
        );
    }

    function counts(model, results, threshold) {
        const scored = results.filter((result) => result.output);
        const total = `${wording.number(scored.length)} of ${wording.number(results.length)} rows are scored`;
        if (!scored.length) {
            return `${total}.`;
        }
        if (model.task === "regression") {
            const mean = scored.reduce((sum, result) => sum + result.output[0], 0) / scored.length;
            return `${total}. The mean prediction is ${wording.number(mean, 4)}.`;
        }
        const found = new Map();
        scored.forEach((result) => {
            const name = portable.scoring.predicted(model, result.output, threshold);
            found.set(name, (found.get(name) || 0) + 1);
        });
        const parts = [...found].sort((a, b) => b[1] - a[1]).slice(0, 6);
        return `${total}: ${parts.map(([name, n]) => `${wording.number(n)} as ${name}`).join(", ")}.`;
    }

    async function scored(model, table, {withReasons, unreadableAsMissing}, control) {
        const scorer = portable.scoring.scorer(model, table, unreadableAsMissing);
        const results = [];
        while (results.length < table.rows.length && !control.cancelled) {
            const until = performance.now() + SLICE_MS;
            while (results.length < table.rows.length && performance.now() < until) {
                results.push(scorer.score(results.length, withReasons));
            }
            control.progress(results.length / table.rows.length);
            await new Promise((resolve) => setTimeout(resolve));
        }
        return {scorer, results};
    }

    const PROBLEMS = {
        zip: "This looks like an Excel or another packed file. Save the table as CSV and drop that.",
        empty: "This file has no rows below its header.",
        stranger: "This table has none of the columns that the model uses, so no row can be scored. Its columns are ",
    };

    async function read(file, model) {
        const bytes = await file.arrayBuffer();
        const [first, second] = new Uint8Array(bytes.slice(0, 2));
        if ((first === 0x50 && second === 0x4b) || (first === 0xd0 && second === 0xcf)) {
            throw new Error(PROBLEMS.zip);
        }
        const table = portable.csv.read(portable.csv.decoded(bytes));
        if (!table.rows.length) {
            throw new Error(PROBLEMS.empty);
        }
        if (portable.scoring.matched(model, table.header).absent.length === model.columns.length) {
            throw new Error(`${PROBLEMS.stranger}${quoted(table.header)}.`);
        }
        return table;
    }

    Object.assign(window.portable, {
        table: {read, scored, remarks, unscorable, preview, counts, fileOf},
    });
})();
