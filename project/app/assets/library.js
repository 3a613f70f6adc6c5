// The tables and runs that this browser has opened, kept by the browser, and the line above a page that says what it
// is about.
(function () {
    "use strict";
    const MOST = 200;
    const LISTED = 8;
    const nothing = () => window.dash_clientside.no_update;
    const component = (namespace, type, props) => ({namespace, type, props});
    const mantine = (type, props) => component("dash_mantine_components", type, props);
    const address = (path, query) => path + (Object.keys(query || {}).length ? "?" + new URLSearchParams(query) : "");

    // Whatever another version, or somebody by hand, left in the browser's store.
    function entriesOf(library) {
        const entries = (library && library.entries) || [];
        return Array.isArray(entries) ? entries.filter((entry) => entry && typeof entry.id === "string") : [];
    }

    function newest(entries) {
        return [...entries].sort((a, b) => b.pinned - a.pinned || b.at - a.at);
    }

    // As people say it: only the time if it was today.
    function moment(seconds) {
        const date = new Date(1000 * seconds);
        const time = date.toLocaleTimeString("en-GB", {hour: "2-digit", minute: "2-digit"});
        const today = date.toDateString() === new Date().toDateString();
        return today ? time : date.toLocaleDateString("en-GB", {day: "numeric", month: "short"}) + ", " + time;
    }

    function shortened(text, most = 40) {
        return text.length > most ? text.slice(0, most - 1) + "…" : text;
    }

    // The server writes moments in the visitor's time, so it is told how far that is from Greenwich.
    const listed = (entries) => ({entries: entries.slice(0, MOST), offset: -new Date().getTimezoneOffset()});

    function updated(library, entry) {
        const entries = entriesOf(library);
        const before = entries.find(({id}) => id === entry.id) || {pinned: false};
        const others = entries.filter(({id}) => id !== entry.id);
        return listed(newest([{...before, ...entry}, ...others]));
    }

    const runsOf = (library, dataset) =>
        newest(entriesOf(library).filter((entry) => entry.kind === "run" && entry.dataset === dataset));

    function menu(label, items, name) {
        const target = component("dash_html_components", "Button", {
            children: [label, component("dash_html_components", "Span", {children: " ▾", "aria-hidden": "true"})],
            className: "subject-part",
            type: "button",
            "aria-label": `${name}: ${label}. Choose another`,
        });
        const dropdown = mantine("MenuDropdown", {children: items});
        return mantine("Menu", {
            children: [mantine("MenuTarget", {children: target, boxWrapperProps: {display: "inline-block"}}), dropdown],
            position: "bottom-start",
        });
    }

    const item = (children, href) => mantine("MenuItem", {children, href});
    const separator = () =>
        component("dash_html_components", "Span", {children: "›", className: "subject-step", "aria-hidden": "true"});

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.library = {
        runsOf,

        remember: function (opened, library) {
            if (!opened || !opened.dataset) {
                return nothing();
            }
            const at = Date.now() / 1000;
            const {dataset, name, target, query} = opened;
            let kept = updated(library, {kind: "table", id: dataset, name, query, at});
            if (opened.run) {
                const {run, created} = opened;
                kept = updated(kept, {kind: "run", id: run, dataset, name, target, created, at});
            }
            return kept;
        },

        subject: function (opened, library, pages) {
            if (!opened || !opened.dataset) {
                return [];
            }
            const first = pages.find(({about}) => about === "table").path;
            const results = pages.find(({about}) => about === "run").path;
            const all = pages.find(({path}) => path.endsWith("library")).path;
            const others = newest(entriesOf(library).filter(({kind, id}) => kind === "table" && id !== opened.dataset));
            const tables = others
                .slice(0, LISTED)
                .map(({id, name, query}) => item(shortened(name || id), address(first, {...query, dataset: id})));
            const parts = [menu(shortened(opened.name), [...tables, item("All tables and runs", all)], "Table")];
            const here = Object.keys(opened.query).length
                ? item("Choose another target", address(first, opened.query))
                : item("The table has expired", all);
            if (opened.target) {
                parts.push(separator(), menu(shortened(opened.target), [here], "Target"));
            }
            const runs = runsOf(library, opened.dataset);
            const links = runs
                .filter(({id}) => id !== opened.run)
                .slice(0, LISTED)
                .map(({id, target, created}) =>
                    item(`${shortened(target)}, run of ${moment(created)}`, address(results, {run: id})),
                );
            if (opened.run || links.length) {
                const label = opened.run ? `run of ${moment(opened.created)}` : "no run open";
                parts.push(separator(), menu(label, [...links, item("All tables and runs", all)], "Run"));
            }
            return parts;
        },

        // Pins, removes or brings back an entry of the list.
        change: function (pins, removals, undo, library, removed) {
            const {triggered_id: source, triggered} = window.dash_clientside.callback_context;
            if (!source || !triggered.some(({value}) => value)) {
                return [nothing(), nothing()];
            }
            const entries = entriesOf(library);
            if (source === "library-undo") {
                return [listed(newest([...entries, ...(removed || [])])), []];
            }
            if (source.act === "pin") {
                const kept = entries.map((entry) =>
                    entry.id === source.id ? {...entry, pinned: !entry.pinned} : entry,
                );
                return [listed(newest(kept)), nothing()];
            }
            const gone = ({id, dataset}) => id === source.id || dataset === source.id;
            return [listed(entries.filter((entry) => !gone(entry))), entries.filter(gone)];
        },

    };
})();
