// The Use page in the browser: the model and the threshold are in the address, and a table that is dropped is scored.
(function () {
    "use strict";
    const keep = () => window.dash_clientside.no_update;
    const isHere = () => document.querySelector("#upload[data-purpose=score]");

    // The upload would open the table in Data.
    document.addEventListener("table-uploaded", function (event) {
        if (isHere()) {
            event.preventDefault();
            const data = {dataset: event.detail.dataset, at: Date.now()};
            window.dash_clientside.set_props("score-asked", {data});
        }
    });

    window.dash_clientside = window.dash_clientside || {};
    const shownTab = () => new URLSearchParams(window.location.search).get("tab") || "predict";

    window.dash_clientside.score = {
        chooseTab: function (tab) {
            if (!tab || tab === shownTab()) {
                return keep();
            }
            const params = new URLSearchParams(window.location.search);
            if (tab === "predict") {
                params.delete("tab");
            } else {
                params.set("tab", tab);
            }
            return "?" + params;
        },

        followTab: (search, tab) => (shownTab() === tab ? keep() : shownTab()),

        // Called, too, when the page is drawn, with what it has begun with.
        choose: function (model, threshold, begun) {
            const params = new URLSearchParams(window.location.search);
            const shown = {
                model: params.get("model") || begun.model,
                threshold: Number(params.get("threshold") || begun.threshold),
            };
            const isNumber = typeof threshold === "number" && threshold >= 0 && threshold <= 1;
            const changed = window.dash_clientside.callback_context.triggered_id;
            if (changed === "score-model" && model && model !== shown.model) {
                params.set("model", model);
            } else if (changed === "score-threshold" && isNumber && threshold !== shown.threshold) {
                params.set("threshold", threshold);
            } else {
                return keep();
            }
            return "?" + params;
        },
    };
})();
