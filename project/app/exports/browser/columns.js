// From the values of a row to the numbers that the model takes, step by step as scikit-learn does it.
(function () {
    "use strict";
    const LARGEST = 1e30;
    const MISSING = "(missing)";
    const WORD = /[\p{L}\p{N}_]+/gu;
    const PLAIN = /^\s*[-+]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/;

    function asNumber(value) {
        if (typeof value === "string") {
            return PLAIN.test(value) ? bounded(Number(value)) : NaN;
        }
        return typeof value === "number" || typeof value === "boolean" ? bounded(Number(value)) : NaN;
    }

    function bounded(value) {
        return Number.isFinite(value) ? Math.min(Math.max(value, -LARGEST), LARGEST) : NaN;
    }

    function asRank(value, scale) {
        if (value === null) {
            return NaN;
        }
        const words = portable.cells.label(value).split(portable.SPACES).filter(Boolean);
        return scale.get(words.join(" ").toLowerCase()) ?? NaN;
    }

    function datePartsOf(value, start) {
        if (typeof value === "number") {
            const isYear = Number.isInteger(value) && value >= 1700 && value <= 2100;
            const first = isYear ? Date.UTC(value, 0, 1) / 1000 : NaN;
            const none = isYear ? 0 : NaN;
            return [(first - start) / 86400, none, none, none, none];
        }
        const found = typeof value === "string" ? portable.cells.date(value, "") : value;
        if (!found || typeof found !== "object") {
            return [NaN, NaN, NaN, NaN, NaN];
        }
        const day = new Date(found.days * 86400000);
        const seconds = (found.days * 864e8 + found.micros) / 1e6;
        return [
            (seconds - start) / 86400,
            day.getUTCMonth() + 1,
            (day.getUTCDay() + 6) % 7,
            day.getUTCDate(),
            Math.floor(found.micros / 36e8),
        ];
    }

    const STEPS = {
        number: () => (values) => values.map(asNumber),
        category: () => (values) => values.map((value) => (value === null ? MISSING : portable.cells.label(value))),
        text: () => (values) => values.map((value) => (value === null ? "" : portable.cells.label(value))),
        rank: (step) => {
            const scales = step.scales.map((scale) => new Map(Object.entries(scale)));
            return (values) => values.map((value, j) => asRank(value, scales[j]));
        },
        dates: (step) => (values) => values.flatMap((value, j) => datePartsOf(value, step.start[j])),
        fill: (step) => (values) => values.map((value, j) => (Number.isNaN(value) ? step.values[j] : value)),
        impute: (step) => (values) => {
            const filled = values.map((value, j) => (Number.isNaN(value) ? step.values[j] : value));
            for (const j of step.indicated) {
                filled.push(Number.isNaN(values[j]) ? 1 : 0);
            }
            return filled;
        },
        scale: (step) => (values) => values.map((value, j) => (value - step.mean[j]) / step.scale[j]),
        "one-hot": (step) => {
            const places = step.levels.map(positionsOf);
            return (values) => values.flatMap((value, j) => oneHot(places[j], value));
        },
        codes: (step) => {
            const codes = step.codes.map((each) => new Map(Object.entries(each)));
            return (values) => values.map((value, j) => codes[j].get(value) ?? step.unknown[0]);
        },
        target: (step) => {
            const places = step.levels.map(positionsOf);
            const perColumn = step.values.length / places.length;
            return (values) => step.values.map((learned, e) => {
                const j = Math.floor(e / perColumn);
                const place = places[j].get(values[j]);
                return place === undefined ? step.unknown[e % perColumn] : learned[place];
            });
        },
        words: (step) => {
            const words = new Map(Object.entries(step.words));
            return ([text]) => weights(text, words, step);
        },
    };

    function positionsOf(levels) {
        return new Map(levels.map((level, i) => [level, i]));
    }

    function oneHot(places, value) {
        const row = new Array(places.size).fill(0);
        if (places.has(value)) {
            row[places.get(value)] = 1;
        }
        return row;
    }

    // In single precision, where scikit-learn calculates so.
    function weights(text, words, step) {
        const counts = new Map();
        for (const word of text.toLowerCase().match(WORD) || []) {
            const place = words.get(word);
            if (place !== undefined) {
                counts.set(place, (counts.get(place) || 0) + 1);
            }
        }
        const row = new Array(words.size).fill(0);
        let total = 0;
        for (const place of [...counts.keys()].sort((a, b) => a - b)) {
            const n = counts.get(place);
            const often = n <= step.often.length ? step.often[n - 1] : Math.fround(Math.fround(Math.log(n)) + 1);
            row[place] = Math.fround(often * step.rarity[place]);
            total += Math.fround(row[place] * row[place]);
        }
        const length = Math.sqrt(total);
        return length === 0 ? row : row.map((weight) => Math.fround(weight / length));
    }

    // Returns a function from the values of a row to an array of numbers.
    function compile(parts) {
        const made = parts.map((part) => ({
            columns: part.columns,
            steps: part.steps.map((step) => STEPS[step.kind](step)),
        }));
        return (row) => {
            const numbers = [];
            for (const {columns, steps} of made) {
                let values = columns.map((j) => row[j]);
                for (const step of steps) {
                    values = step(values);
                }
                for (const value of values) {
                    numbers.push(value);
                }
            }
            return Float64Array.from(numbers);
        };
    }

    Object.assign(window.portable, {columns: {compile}});
})();
