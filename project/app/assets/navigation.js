// The page of an address, and how one gets to another.
(function () {
    "use strict";
    const nothing = () => window.dash_clientside.no_update;

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.navigation = {
        // A new page is drawn only when the table or the run changes, not at every choice on the page. The page that
        // came with the layout is not requested again, nor are the parts that depend on the choices.
        route: function (pathname, search, current, shown, defaultDataset, pages) {
            pathname = window.address.inside(pathname);
            const params = new URLSearchParams(search || "");
            const dataset = params.get("dataset") || defaultDataset;
            const route = [pathname, params.get("run") || dataset].join(" ");
            const page = pages.find(({path}) => path === pathname);
            document.title = (page ? page.label : "Not found") + " · Dashboard";
            return [
                route === current ? nothing() : route,
                search === shown ? nothing() : search,
                ...pages.map(({path}) => (route === current ? nothing() : path === pathname)),
            ];
        },

        // Writes the address for a callback, which must not write to dcc.Location itself: that does not know what
        // replaceState wrote, and would restore the previous address.
        go: function (search) {
            if (search && search !== window.location.search) {
                window.history.pushState({}, "", search);
                window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
            }
        },

        // To the first page about a table, with the table that was open.
        back: function (_, pages) {
            const {path} = pages.find(({about}) => about === "table");
            return window.address.of(path) + (window.sessionStorage.getItem("table") || "");
        },

        // The burger opens the navigation on a phone; following a link closes it.
        toggle: function (opened, route, navbar) {
            const triggered = window.dash_clientside.callback_context.triggered_id;
            const open = triggered === "burger" && opened;
            return [{...navbar, collapsed: {mobile: !open}}, open];
        },
    };

    // Dash drops the answer to a callback that was refused before it ran, so nobody would read why.
    const ask = window.fetch;
    window.fetch = async function (address, ...rest) {
        const answer = await ask.call(window, address, ...rest);
        if (answer.status === 429 && String(address).includes("_dash-update-component")) {
            answer
                .clone()
                .json()
                .then(({error}) => tell(error), nothing);
        }
        return answer;
    };

    function tell(sentence) {
        const props = {children: String(sentence), className: "message message-problem", role: "alert"};
        const children = {namespace: "dash_html_components", type: "Div", props};
        window.dash_clientside.set_props("notice", {children});
    }
})();
