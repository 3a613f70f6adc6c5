// From the numbers of a row to what the model predicts: the probabilities of its classes, or one number.
(function () {
    "use strict";
    const LEAF = 0xffff;

    const logistic = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

    const ENDS = {
        identity: (sums) => sums,
        logistic: ([sum]) => {
            const positive = logistic(sum);
            return [1 - positive, positive];
        },
        softmax: (sums) => {
            const most = Math.max(...sums);
            const powers = sums.map((sum) => Math.exp(sum - most));
            const total = powers.reduce((a, b) => a + b, 0);
            return powers.map((power) => power / total);
        },
    };

    const ACTIVATIONS = {
        identity: (x) => x,
        logistic,
        tanh: Math.tanh,
        relu: (x) => Math.max(x, 0),
    };

    // Each row of `weights` belongs to one output.
    function sumsOf(row, weights, intercepts) {
        return Array.from(intercepts, (intercept, k) => {
            let sum = 0;
            const first = k * row.length;
            for (let j = 0; j < row.length; j++) {
                sum += weights[first + j] * row[j];
            }
            return sum + intercept;
        });
    }

    const MODELS = {
        constant: (model) => () => Array.from(model.values),

        linear: (model) => (row) => ENDS[model.ends](sumsOf(row, model.weights, model.intercepts)),

        network: (model) => (row) => {
            const activate = ACTIVATIONS[model.activation];
            const last = model.layers.length - 1;
            let values = row;
            model.layers.forEach(({weights, intercepts}, i) => {
                const sums = sumsOf(values, weights, intercepts);
                values = i < last ? sums.map(activate) : sums;
            });
            return ENDS[model.ends](values);
        },

        "scaled target": (model) => {
            const inner = compile(model.model);
            return (row) => inner(row).map((value) => value * model.scale + model.mean);
        },

        forest: (model) => {
            const {features, slots, right, missing, sizes, values, width} = model;
            const thresholds = new Float32Array(slots.buffer, slots.byteOffset, slots.length);
            return (numbers) => {
                // Trees compare in single precision.
                const row = Float32Array.from(numbers);
                const sums = new Array(width).fill(0);
                let first = 0;
                for (const size of sizes) {
                    let node = first;
                    while (features[node] !== LEAF) {
                        const value = row[features[node]];
                        const toLeft = Number.isNaN(value) ? missing[node] : value <= thresholds[node];
                        node = toLeft ? node + 1 : first + right[node];
                    }
                    const leaf = slots[node] * width;
                    for (let k = 0; k < width; k++) {
                        sums[k] += values[leaf + k];
                    }
                    first += size;
                }
                return sums.map((sum) => sum / sizes.length);
            };
        },

        boosting: (model) => {
            const levels = model.levels.map((codes) => new Map(Array.from(codes, (code, i) => [code, i])));
            const inSet = (bits, place, code) => ((bits[place * 8 + (code >> 5)] >>> (code & 31)) & 1) === 1;

            function goesLeft(node, value, feature) {
                const flags = model.flags[node];
                if (Number.isNaN(value)) {
                    return flags & 4;
                }
                if (!(flags & 2)) {
                    return value <= model.numbers[node];
                }
                if (inSet(model.bits, model.bit[node], value)) {
                    return true;
                }
                return inSet(model.known, model.known_of[feature], value) ? false : flags & 4;
            }

            return (numbers) => {
                const row = Float64Array.from(model.order, (j) => numbers[j]);
                levels.forEach((codes, j) => {
                    row[j] = codes.get(row[j]) ?? NaN;
                });
                const sums = Array.from(model.baseline);
                let first = 0;
                model.sizes.forEach((size, tree) => {
                    let node = first;
                    while (!(model.flags[node] & 1)) {
                        const feature = model.features[node];
                        const toLeft = goesLeft(node, row[feature], feature);
                        node = first + (toLeft ? model.left[node] : model.right[node]);
                    }
                    sums[tree % model.per_round] += model.numbers[node];
                    first += size;
                });
                return ENDS[model.ends](sums);
            };
        },

        calibrated: (model) => {
            const inner = compile(model.model);
            const inside = (p) => Math.min(Math.max(p, model.least), 1 - model.least);
            const value = (p) => (model.method === "isotonic" ? p : Math.log(inside(p) / (1 - inside(p))));
            const corrected = (curve, p) => (curve === null ? p : onCurve(curve, value(p)));
            return (row) => {
                const before = inner(row);
                if (before.length === 2) {
                    const positive = corrected(model.curves[0], before[1]);
                    return [1 - positive, positive];
                }
                const after = before.map((p, k) => corrected(model.curves[k], p));
                const total = after.reduce((a, b) => a + b, 0);
                return total > 0 ? after.map((p) => p / total) : before;
            };
        },
    };

    function onCurve(curve, value) {
        if ("a" in curve) {
            return logistic(-(curve.a * value + curve.b));
        }
        const {x, y} = curve;
        const last = x.length - 1;
        if (last === 0 || value <= x[0]) {
            return y[0];
        }
        if (value >= x[last]) {
            return y[last];
        }
        let [low, high] = [0, last];
        while (high - low > 1) {
            const middle = (low + high) >> 1;
            [low, high] = x[middle] <= value ? [middle, high] : [low, middle];
        }
        return ((y[high] - y[low]) / (x[high] - x[low])) * (value - x[low]) + y[low];
    }

    function compile(model) {
        return MODELS[model.kind](model);
    }

    Object.assign(window.portable, {models: {compile}});
})();
