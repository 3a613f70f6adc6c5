// The tables and runs that this browser has opened, in the browser's own store: nobody else sees the list.
(function () {
    "use strict";
    const KEY = "library";
    const MOST = 200;
    const TEXTS = ["name", "target", "state", "score", "label", "dataset"];

    function stored() {
        try {
            return JSON.parse(window.localStorage.getItem(KEY)) || {};
        } catch {
            return {};
        }
    }

    // Whatever another version, or somebody by hand, left there.
    function known(entry) {
        const texts = (each) => TEXTS.every((name) => each[name] === undefined || typeof each[name] === "string");
        return entry && typeof entry.id === "string" && ["table", "run"].includes(entry.kind) && texts(entry);
    }

    function entries() {
        const kept = stored().entries;
        const valid = Array.isArray(kept) ? kept.filter(known) : [];
        return valid.sort((a, b) => Boolean(b.pinned) - Boolean(a.pinned) || (b.at || 0) - (a.at || 0));
    }

    function write(list) {
        try {
            window.localStorage.setItem(KEY, JSON.stringify({entries: list.slice(0, MOST)}));
        } catch {
            // A browser that keeps nothing has no list.
        }
    }

    const isOf = (id) => (entry) => entry.id === id || (entry.kind === "run" && entry.dataset === id);

    window.library = {
        KEY,
        entries,
        tables: () => entries().filter(({kind}) => kind === "table"),

        // The newest first.
        runsOf: (dataset) =>
            entries()
                .filter((entry) => entry.kind === "run" && entry.dataset === dataset)
                .sort((a, b) => (b.created || 0) - (a.created || 0)),

        note: function (entry) {
            const list = entries();
            const before = list.find(({id}) => id === entry.id) || {};
            const at = Date.now() / 1000;
            write([{...before, ...entry, at}, ...list.filter(({id}) => id !== entry.id)]);
        },

        change: (id, fields) => write(entries().map((entry) => (entry.id === id ? {...entry, ...fields} : entry))),

        // A table goes with its runs.
        remove: function (id) {
            const list = entries();
            write(list.filter((entry) => !isOf(id)(entry)));
            return list.filter(isOf(id));
        },

        restore: function (removed) {
            const back = removed.map(({id}) => id);
            write([...entries().filter(({id}) => !back.includes(id)), ...removed]);
        },
    };

    // ---- The page

    const UNDO_SECONDS = 10;
    let removed = null;
    let before = null;
    let timer = null;

    const tell = (id, props) => document.getElementById("library-list") && window.dash_clientside.set_props(id, props);

    // The server writes moments in the visitor's time, so it is told how far that is from Greenwich.
    const asked = (sort) => ({entries: entries(), sort, offset: -new Date().getTimezoneOffset(), at: Date.now()});
    let order = "opened";
    const refresh = () => tell("library-asked", {data: asked(order)});

    const pairs = (list) => list.map(({kind, id}) => ({kind, id}));

    function forget() {
        removed = null;
        tell("library-done", {hidden: true});
    }

    function remove(id) {
        removed = window.library.remove(id);
        before = window.dash_clientside.context.forget(id);
        tell("library-says", {children: "Deleting…"});
        tell("library-done", {hidden: false});
        tell("library-act", {data: {act: "delete", items: pairs(removed), at: Date.now()}});
        window.clearTimeout(timer);
        timer = window.setTimeout(forget, 1000 * UNDO_SECONDS);
        refresh();
        document.querySelector("#library-done button").focus();
    }

    function undo() {
        if (removed) {
            window.library.restore(removed);
            window.dash_clientside.context.recall(before);
            tell("library-act", {data: {act: "restore", items: pairs(removed), at: Date.now()}});
        }
        window.clearTimeout(timer);
        forget();
    }

    function rename(button) {
        const place = button.closest(".library-buttons");
        const {id, name} = button.dataset;
        const form = document.createElement("form");
        const input = document.createElement("input");
        const save = document.createElement("button");
        form.className = "library-rename";
        input.value = name;
        input.maxLength = 200;
        input.setAttribute("aria-label", "New name");
        save.className = "library-button";
        save.textContent = "Save";
        form.append(input, save);
        const end = (label) => {
            form.remove();
            if (label !== undefined) {
                window.library.change(id, {label});
                refresh();
            } else {
                button.focus();
            }
        };
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            end(input.value.trim());
        });
        form.addEventListener("keydown", (event) => event.key === "Escape" && end());
        place.parentElement.querySelectorAll(".library-rename").forEach((other) => other.remove());
        place.after(form);
        input.select();
    }

    function compare(shelf) {
        const ticked = [...shelf.querySelectorAll("[data-compare]")].filter((tick) => tick.querySelector("input").checked);
        const place = shelf.querySelector(".library-compare");
        const ids = ticked.map((tick) => tick.dataset.compare);
        const link = document.createElement("a");
        link.className = "button button-filled";
        link.href = window.address.of("/compare") + "?runs=" + ids.map(encodeURIComponent).join(",");
        link.textContent = "Compare these two runs";
        place.replaceChildren(...(ids.length === 2 ? [link] : []));
        if (ids.length && ids.length !== 2) {
            place.textContent = ids.length === 1 ? "Tick another run to compare both." : "Two runs can be compared: untick the others.";
        }
    }

    document.addEventListener("click", function (event) {
        const button = event.target instanceof Element && event.target.closest("[data-act]");
        if (!button) {
            return;
        }
        const {act, id} = button.dataset;
        if (act === "pin") {
            const entry = entries().find((each) => each.id === id);
            window.library.change(id, {pinned: !(entry && entry.pinned)});
            refresh();
        } else if (act === "rename") {
            rename(button);
        } else if (act === "delete") {
            remove(id);
        } else if (act === "undo") {
            undo();
        }
    });
    document.addEventListener("change", function (event) {
        const tick = event.target instanceof Element && event.target.closest("[data-compare]");
        if (tick) {
            compare(tick.closest(".shelf"));
        }
    });
    // Another tab opened or changed something.
    window.addEventListener("storage", (event) => event.key === KEY && refresh());

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.library = {
        ask: function (sort) {
            order = sort || order;
            return asked(order);
        },

        // What the server brought back is there again: then it says nothing.
        restored: function (says) {
            if (!says) {
                refresh();
            }
        },
    };
})();
