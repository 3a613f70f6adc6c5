// Which page the address means, and where the navigation leads: to the same table, the same run.
(function () {
    "use strict";
    const nothing = () => window.dash_clientside.no_update;
    const PATHS = ["/", "/train", "/evaluate"];
    const TITLES = {"/": "Data", "/train": "Train", "/evaluate": "Evaluate"};

    function remember(name, value) {
        if (value) {
            window.sessionStorage.setItem(name, value);
        }
        return value || window.sessionStorage.getItem(name) || "";
    }

    // What somebody chose about the table, without what belongs to one page only.
    function tableQuery(params) {
        const kept = new URLSearchParams();
        ["dataset", "target", "task", "columns"].forEach((name) => {
            if (params.has(name)) {
                kept.set(name, params.get(name));
            }
        });
        return kept.has("dataset") ? "?" + kept : "";
    }

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.navigation = {
        route: function (pathname, search, current) {
            const params = new URLSearchParams(search || "");
            const table = remember("table", tableQuery(params));
            const run = remember("run", params.get("run"));
            const route = [pathname, params.get("dataset"), params.get("run")].join(" ");
            document.title = (TITLES[pathname] || "Not found") + " · Dashboard";
            return [
                route === current ? nothing() : route,
                "/" + table,
                "/train" + table,
                "/evaluate" + (run ? "?run=" + encodeURIComponent(run) : ""),
                ...PATHS.map((path) => path === pathname),
            ];
        },

        // The burger opens the navigation on a phone; following a link closes it.
        toggle: function (opened, route, navbar) {
            const triggered = window.dash_clientside.callback_context.triggered_id;
            const open = triggered === "burger" && opened;
            return [{...navbar, collapsed: {mobile: !open}}, open];
        },
    };
})();
