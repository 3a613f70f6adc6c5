// The controls of the Data page write the choices into the address; detected values stay out of it.
(function () {
    "use strict";

    function parse(text) {
        const columns = new Map();
        (text || "").split(".").forEach((part) => {
            const [column, role] = part.split(":");
            if (role) {
                columns.set(Number(column), role);
            }
        });
        return columns;
    }

    function write(columns) {
        return [...columns].sort((a, b) => a[0] - b[0]).map((pair) => pair.join(":")).join(".");
    }

    let corrected = false;

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.data = {
        // Resolves once the page's chart is drawn, or after ten seconds.
        chartDrawn: function () {
            const patience = Date.now() + 10000;
            return new Promise((resolve) => {
                const look = () => {
                    // There is none while nothing to predict is chosen.
                    const chart = document.querySelector("#target-distribution");
                    const drawn = !chart || chart.querySelector(".main-svg");
                    return drawn || Date.now() > patience ? resolve(true) : setTimeout(look, 30);
                };
                look();
            });
        },

        // What the user wants to be read otherwise: an offer by its number, or a sheet by its name.
        ask: function () {
            const {triggered, triggered_id: asked} = window.dash_clientside.callback_context;
            const value = triggered.length && triggered[0].value;
            if (!asked || !value) {
                return window.dash_clientside.no_update;
            }
            corrected = asked.kind !== "sheet";
            if (asked.kind === "offer") {
                return {kind: "offer", choice: String(asked.offer), at: Date.now()};
            }
            return {kind: corrected ? "offer" : "sheet", choice: value, at: Date.now()};
        },

        // After a correction the page is another one; the focus, which was on a button, comes back to where it was.
        focusReadings: function () {
            if (corrected) {
                corrected = false;
                const section = document.getElementById("readings");
                section.focus({preventScroll: true});
                section.scrollIntoView({block: "nearest"});
            }
            return window.dash_clientside.no_update;
        },

        search: function (target, tasks, roles, used, roleIds, useIds, disabled, search, pathname, defaultDataset, suggested) {
            const triggered = window.dash_clientside.callback_context.triggered_id;
            if (pathname !== "/" || !triggered) {
                return window.dash_clientside.no_update;
            }
            const params = new URLSearchParams(search || "");
            const before = params.toString();
            if (triggered === "target") {
                if (target && target !== (params.get("target") || suggested)) {
                    params.set("target", target);
                    params.delete("task");
                }
            } else if (triggered.kind === "task") {
                if (tasks[0] === triggered.recognised) {
                    params.delete("task");
                } else {
                    params.set("task", tasks[0]);
                }
            } else {
                const columns = parse(params.get("columns"));
                roleIds.forEach((id, k) => {
                    columns.delete(id.column);
                    if (roles[k] !== id.inferred) {
                        columns.set(id.column, roles[k]);
                    }
                });
                useIds.forEach((id, k) => {
                    if (!used[k] && !disabled[k]) {
                        columns.set(id.column, "out");
                    } else if (columns.get(id.column) === "out") {
                        columns.delete(id.column);
                    }
                });
                params.set("columns", write(columns));
                if (!columns.size) {
                    params.delete("columns");
                }
            }
            if (params.toString() === before) {
                return window.dash_clientside.no_update;
            }
            if (!params.has("dataset")) {
                params.set("dataset", defaultDataset);
            }
            return "?" + params;
        },
    };
})();
