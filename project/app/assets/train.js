// The form of the Train page shows explanations, and keeps the values that differ from the defaults in the address.
(function () {
    "use strict";
    const SPLITS = {
        random: "Rows are drawn at random, with the classes in similar shares. Right if the rows are independent.",
        time: "Trains on the past and tests on later rows, as in later use.",
        group: "Rows of one group, such as a customer, are never in both parts.",
    };
    const NAMES = ["models", "scoring", "folds", "holdout", "seed", "split", "by", "search", "seconds"];
    const same = (a, b) => [...a].sort().join() === [...b].sort().join();

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.train = {
        preset: function (preset, models, defaults) {
            const keep = window.dash_clientside.no_update;
            const presets = {quick: defaults.models, thorough: defaults.thorough};
            if (window.dash_clientside.callback_context.triggered_id === "train-preset" && presets[preset]) {
                return [same(models, presets[preset]) ? keep : presets[preset], keep];
            }
            const fitting = Object.keys(presets).find((name) => same(models, presets[name])) || "own";
            return [keep, fitting === preset ? keep : fitting];
        },

        explain: function (scoring, split, search, explanations, columns) {
            return [explanations[scoring], SPLITS[split], split === "random", columns[split] || [], search === "none"];
        },

        remember: function (...values) {
            const defaults = values[NAMES.length];
            const params = new URLSearchParams(window.location.search);
            NAMES.forEach((name, k) => {
                const value = Array.isArray(values[k]) ? values[k].join(".") : values[k];
                const usual = Array.isArray(defaults[name]) ? defaults[name].join(".") : defaults[name];
                if (value === usual || value === null || value === undefined || value === "") {
                    params.delete(name);
                } else {
                    params.set(name, value);
                }
            });
            window.history.replaceState(window.history.state, "", "?" + params);
        },
    };
})();
