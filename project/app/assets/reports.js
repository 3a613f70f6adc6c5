// The catalogue of reports: a card is shown if it contains every word of the search.
(function () {
    "use strict";
    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.reports = {
        find: function (wanted, cards) {
            const words = (wanted || "").toLowerCase().split(/\s+/).filter(Boolean);
            const hidden = cards.map((card) => !words.every((word) => card.words.includes(word)));
            const params = new URLSearchParams(window.location.search);
            if (wanted) {
                params.set("find", wanted);
            } else {
                params.delete("find");
            }
            const query = params.toString();
            window.history.replaceState(window.history.state, "", window.location.pathname + (query && "?" + query));
            return [hidden, hidden.some((each) => !each)];
        },
    };
})();
