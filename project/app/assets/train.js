// The form of the Train page shows explanations, and keeps the values that differ from the defaults in the address.
(function () {
    "use strict";
    const same = (a, b) => [...a].sort().join() === [...b].sort().join();
    const text = (value) => (Array.isArray(value) ? value.join(".") : String(value ?? ""));

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.train = {
        // `presets` ends with the name of every other selection, which has no list.
        preset: function (preset, chosen, presets) {
            const keep = window.dash_clientside.no_update;
            const asked = String(window.dash_clientside.callback_context.triggered_id).endsWith("-preset");
            if (asked && presets[preset]) {
                return [same(chosen, presets[preset]) ? keep : presets[preset], keep];
            }
            const fitting = Object.keys(presets).find((name) => !presets[name] || same(chosen, presets[name]));
            return [keep, fitting === preset ? keep : fitting];
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
