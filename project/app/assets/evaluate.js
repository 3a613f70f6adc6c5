// The Evaluate page in the browser: everything that depends on the threshold and the costs, and the leaderboard's order.
// The page includes the counts of rows at or above each threshold, so nothing here needs the server.
(function () {
    "use strict";
    const keep = () => window.dash_clientside.no_update;
    const STEPS = 1000;
    const ratio = (part, whole) => (whole ? part / whole : NaN);
    // wording.js is loaded after this file.
    const number = (value) => window.wording.number(value);
    const fixed = (value) => window.wording.fixed(value);
    const percent = (share) => window.wording.percent(share);
    const f1 = (precision, recall) => ratio(2 * precision * recall, precision + recall);

    function rewrite(changes) {
        const params = new URLSearchParams(window.location.search);
        Object.entries(changes).forEach(([name, value]) => {
            if (value === null) {
                params.delete(name);
            } else {
                params.set(name, value);
            }
        });
        return "?" + params;
    }

    function costAt(counts, k, alarm, miss) {
        return counts.fp[k] * alarm + (counts.positives - counts.tp[k]) * miss;
    }

    // Chosen by cross-validation: chosen on the holdout, it would look cheaper there than it is on new rows.
    function cheapestStep(data, alarm, miss) {
        const counts = data.validated || data;
        let best = 0;
        for (let k = 1; k <= STEPS; k += 1) {
            if (costAt(counts, k, alarm, miss) < costAt(counts, best, alarm, miss)) {
                best = k;
            }
        }
        return best;
    }

    // All numbers that depend on the threshold.
    function at(data, threshold, alarm, miss) {
        const k = Math.round(threshold * STEPS);
        const tp = data.tp[k];
        const fp = data.fp[k];
        const fn = data.positives - tp;
        const tn = data.negatives - fp;
        const recall = ratio(tp, data.positives);
        const specificity = ratio(tn, data.negatives);
        const precision = ratio(tp, tp + fp);
        return {
            k, tp, fp, fn, tn, recall, specificity, precision,
            accuracy: ratio(tp + tn, data.positives + data.negatives),
            balanced: (recall + specificity) / 2,
            negativePrecision: ratio(tn, tn + fn),
            cost: costAt(data, k, alarm, miss),
        };
    }

    function confusion(figure, now) {
        const cell = (n, share) => `<b>${number(n)}</b><br>${percent(share)}`;
        const hover = (n, share) => `${number(n)} ${n === 1 ? "row" : "rows"} (${percent(share)})`;
        const written = (write) => [
            [write(now.tn, now.specificity), write(now.fp, 1 - now.specificity)],
            [write(now.fn, 1 - now.recall), write(now.tp, now.recall)],
        ];
        const trace = {
            ...figure.data[0],
            z: [[now.specificity, 1 - now.specificity], [1 - now.recall, now.recall]],
            customdata: [[now.tn, now.fp], [now.fn, now.tp]],
            text: written(cell),
            hovertext: written(hover),
        };
        return {...figure, data: [trace]};
    }

    // The ring that marks the threshold on a curve is a shape: moving it is faster than drawing a trace.
    function marked(figure, x, y) {
        const there = Number.isFinite(x) && Number.isFinite(y);
        const ring = {...figure.layout.shapes[0], visible: there, xanchor: there ? x : 0, yanchor: there ? y : 0};
        return {...figure, layout: {...figure.layout, shapes: [ring]}};
    }

    function lined(figure, threshold, data) {
        const shape = {...figure.layout.shapes[0], x0: threshold, x1: threshold};
        return {...figure, data: data || figure.data, layout: {...figure.layout, shapes: [shape]}};
    }

    // The curve depends on the costs only, not on the threshold.
    function costs(figure, data, alarm, miss) {
        const triggered = window.dash_clientside.callback_context.triggered_id;
        if (triggered === "threshold" && figure.data[0].x.length) {
            return figure.data;
        }
        const x = [];
        const y = [];
        for (let k = 0; k <= STEPS; k += 5) {
            x.push(k / STEPS);
            y.push(costAt(data, k, alarm, miss));
        }
        return [{...figure.data[0], x, y}];
    }

    function sayCaptions(data, now, threshold, alarm, miss) {
        const [negative, positive] = data.classes;
        const best = cheapestStep(data, alarm, miss);
        const said = [
            `At a threshold of ${fixed(threshold)}, ${number(now.tp)} of ${number(data.positives)} rows of ${positive} are found ` +
                `(${percent(now.recall)}), and ${number(now.fp)} of ${number(data.negatives)} rows of ${negative} raise a false alarm.`,
            `ROC AUC is ${fixed(data.auc)}, where 0.5 is guessing; at the threshold ${percent(now.recall)} of ${positive} are found ` +
                `at a false alarm rate of ${percent(1 - now.specificity)}.`,
            `Average precision is ${fixed(data.ap)}; at the threshold ${percent(now.precision)} of the alarms are right ` +
                `and ${percent(now.recall)} of ${positive} are found.`,
            `${percent(now.recall)} of ${positive} lie at or above the threshold of ${fixed(threshold)} (dotted), ` +
                `and ${percent(now.specificity)} of ${negative} below it.`,
            `Errors cost ${number(now.cost)} at the threshold of ${fixed(threshold)}; the cheapest ` +
                `${data.validated ? "in cross-validation" : "on these rows"} is ${fixed(best / STEPS)}, ` +
                `which costs ${number(costAt(data, best, alarm, miss))} here.`,
        ];
        ["confusion", "roc", "precision-recall", "scores", "cost"].forEach((graph, k) => say(`${graph}-says`, said[k]));
    }

    // Texts are written to the page directly: as outputs of the callback they would wait for the figures.
    function say(id, text) {
        const element = document.getElementById(id);
        if (element && element.textContent !== text) {
            element.textContent = text;
        }
    }

    function sayNumbers(data, now, threshold) {
        say("at-accuracy", percent(now.accuracy));
        say("at-balanced", percent(now.balanced));
        say("at-precision", percent(now.precision));
        say("at-recall", percent(now.recall));
        say("at-specificity", percent(now.specificity));
        say("at-f1", fixed(f1(now.precision, now.recall)));
        say("at-cost", number(now.cost));
        say("threshold-says", fixed(threshold));
        [
            ["negative", now.negativePrecision, now.specificity, data.negatives],
            ["positive", now.precision, now.recall, data.positives],
        ].forEach(([name, precision, recall, rows]) => {
            say(`report-${name}-precision`, fixed(precision));
            say(`report-${name}-recall`, fixed(recall));
            say(`report-${name}-f1`, fixed(f1(precision, recall)));
            say(`report-${name}-rows`, number(rows));
        });
    }

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.evaluate = {
        follow: function (threshold, alarm, miss, capacity, per, data, confusionFigure, roc, precisionRecall, scores, cost) {
            const alarmCost = Number(alarm) || 0;
            const missCost = Number(miss) || 0;
            const now = at(data, threshold, alarmCost, missCost);
            sayNumbers(data, now, threshold);
            sayCaptions(data, now, threshold, alarmCost, missCost);
            window.decide.says(data, now.k, alarmCost, missCost, capacity, per);
            window.history.replaceState(window.history.state, "", rewrite({
                threshold: threshold === 0.5 ? null : threshold,
                alarm: alarmCost === 1 ? null : alarmCost,
                miss: missCost === 1 ? null : missCost,
                ...window.decide.amounts(data, capacity, per),
            }));
            return [
                confusion(confusionFigure, now),
                marked(roc, 100 * (1 - now.specificity), 100 * now.recall),
                marked(precisionRecall, 100 * now.recall, 100 * now.precision),
                lined(scores, threshold),
                lined(cost, threshold, costs(cost, data, alarmCost, missCost)),
            ];
        },

        cheapest: function (clicks, alarm, miss, data) {
            return clicks ? cheapestStep(data, Number(alarm) || 0, Number(miss) || 0) / STEPS : keep();
        },

        // Both also run when the page loads; values that it already shows are not written to the address.
        choose: function (model, shown) {
            return !model || model === shown ? keep() : rewrite({model});
        },

        chooseClass: function (chosen, options) {
            const shown = new URLSearchParams(window.location.search).get("class") || options[0].value;
            return !chosen || chosen === shown ? keep() : rewrite({class: chosen});
        },

        // No state: the rows also vanish with the page, which the callback then could not read.
        pick: function (clicks) {
            const triggered = window.dash_clientside.callback_context.triggered_id;
            const row = document.querySelector("#leaderboard-rows tr.chosen[id]");
            const picked = triggered && row && clicks.some(Boolean) && triggered.model !== JSON.parse(row.id).model;
            return picked ? rewrite({model: triggered.model}) : keep();
        },

        // Of the page that compares two models.
        compare: function (left, right, shown) {
            const models = [left, right].join(",");
            return !left || !right || models === shown ? keep() : rewrite({models});
        },

        toComparison: function (left, right) {
            const run = new URLSearchParams(window.location.search).get("run");
            const ready = run && left && right && left !== right;
            return ready ? window.address.of("/compare") + "?runs=" + run + "&models=" + [left, right].join(",") : keep();
        },

        chooseTab: function (tab) {
            const shown = new URLSearchParams(window.location.search).get("tab") || "result";
            return !tab || tab === shown ? keep() : rewrite({tab: tab === "result" ? null : tab});
        },

        // The tab and what is shown follow the address; a tab alone needs no server.
        follows: function (search, tab, key) {
            const params = new URLSearchParams(search || "");
            const wanted = ["run", "model", "class"].map((name) => params.get(name) || "").join(" ");
            // The page of another run comes as a whole.
            if (params.get("run") !== key.split(" ")[0]) {
                return [keep(), keep()];
            }
            const chosen = params.get("tab") === "trust" ? "trust" : "result";
            return [chosen === tab ? keep() : chosen, wanted === key ? keep() : wanted];
        },

        toSection: function (clicks) {
            const triggered = window.dash_clientside.callback_context.triggered_id;
            if (!triggered || !clicks.some(Boolean)) {
                return keep();
            }
            window.setTimeout(() => {
                const section = document.getElementById(triggered.section);
                section.scrollIntoView({block: "start"});
                section.querySelector("[tabindex='0'], input, button").focus({preventScroll: true});
            }, 50);
            return "result";
        },

        // A click on a heading sorts by it, a second click reverses the order; models without a value come last.
        sort: function (clicks, rows, ids, orders) {
            const triggered = window.dash_clientside.callback_context.triggered_id;
            if (!triggered || !clicks.some(Boolean)) {
                return [keep(), ids.map(keep)];
            }
            const column = ids.findIndex((id) => id.column === triggered.column);
            const other = {ascending: "descending", descending: "ascending"};
            const order = other[orders[column]] || triggered.first;
            const name = "data-" + triggered.column.replace(/_/g, "-");
            const sign = order === "ascending" ? 1 : -1;
            const sorted = [...rows].sort((a, b) => {
                const [left, right] = [a.props[name], b.props[name]];
                const [x, y] = [Number(left), Number(right)];
                if (triggered.column === "label") {
                    return sign * left.localeCompare(right);
                }
                return (Number.isNaN(x) - Number.isNaN(y)) || sign * (x - y);
            });
            return [sorted, ids.map((id, k) => (k === column ? order : "none"))];
        },
    };
})();
