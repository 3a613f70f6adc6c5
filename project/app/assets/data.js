// The controls of the Data page write the choices into the address; detected values stay out of it.
(function () {
    "use strict";

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
            corrected = asked.kind === "offer";
            const choice = corrected ? String(asked.offer) : value;
            return {kind: asked.kind, choice, at: Date.now()};
        },

        // How the file is to be read, of which nothing is what its content tells.
        readAgain: function (clicks, encoding, delimiter, decimal, header) {
            if (!clicks) {
                return window.dash_clientside.no_update;
            }
            corrected = true;
            const told = (value) => (value === "as it is" ? "" : value);
            const chosen = {encoding: told(encoding), delimiter: told(delimiter), decimal: told(decimal),
                header: String(header ?? "").trim().toLowerCase()};
            return {kind: "reading", choice: JSON.stringify(chosen), at: Date.now()};
        },

        // The same for an offer in the list of columns.
        take: function (offer) {
            corrected = true;
            const data = {kind: "offer", choice: String(offer), at: Date.now()};
            window.dash_clientside.set_props("correction", {data});
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

        // The two columns that are compared stay in the address; nothing else on the page depends on them.
        pair: function (x, y) {
            const params = new URLSearchParams(window.location.search);
            Object.entries({x, y}).forEach(([key, name]) => (name ? params.set(key, name) : params.delete(key)));
            window.history.replaceState(window.history.state, "", params.size ? "?" + params : window.location.pathname);
        },

        search: function (target, tasks, search, pathname, defaultDataset, suggested) {
            const triggered = window.dash_clientside.callback_context.triggered_id;
            if (window.address.inside(pathname) !== "/" || !triggered) {
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
