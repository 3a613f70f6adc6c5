// The form of the Train page shows explanations, and keeps the values that differ from the defaults in the address.
(function () {
    "use strict";
    const same = (a, b) => [...a].sort().join() === [...b].sort().join();
    const text = (value) => (Array.isArray(value) ? value.join(".") : String(value ?? ""));

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.train = {
        // An effort sets the options that it decides; options that fit none are one's own choice.
        effort: function (asked, models, folds, search, seconds, efforts) {
            const keep = window.dash_clientside.no_update;
            const held = {models, folds, search, seconds};
            const keys = Object.keys(held);
            const fits = (wanted) => keys.every((key) => (key === "models"
                ? same(models || [], wanted.models)
                : held[key] === wanted[key] || (key === "seconds" && search === "none")));
            const fitting = Object.keys(efforts).find((name) => fits(efforts[name])) || "own";
            const {triggered_id: cause} = window.dash_clientside.callback_context;
            if (cause !== "train-effort") {
                return [fitting === asked ? keep : fitting, keep, keep, keep, keep];
            }
            if (!efforts[asked]) {
                document.getElementById("train-advanced").open = true;
                return [keep, keep, keep, keep, keep];
            }
            return [keep, ...keys.map((key) => (fitting === asked ? keep : efforts[asked][key]))];
        },

        isEmpty: (chosen) => !(chosen || []).length,

        explain: function (...values) {
            const {choices, dependents, columns} = values.pop();
            const chosen = Object.fromEntries(choices.map(({key}, k) => [key, values[k]]));
            const matters = (needs) => Object.entries(needs).every(([key, keys]) => keys.includes(chosen[key]));
            return [
                ...choices.map(({key, says}) => says[chosen[key]] || ""),
                ...dependents.map((needs) => !matters(needs)),
                ...columns.map(({on, names}) => names[chosen[on]] || []),
            ];
        },

        remember: function (...values) {
            const {keys, defaults} = values.pop();
            const params = new URLSearchParams(window.location.search);
            keys.forEach((key, k) => {
                const value = text(values[k]);
                if (value === "" || value === text(defaults[key])) {
                    params.delete(key);
                } else {
                    params.set(key, value);
                }
            });
            window.history.replaceState(window.history.state, "", "?" + params);
        },
    };
})();
