// What a page is about: the line 'table › target › run' above it, the links that keep all three, and what the library
// notes. Each tab has its own, kept for pages about neither and for a reload.
(function () {
    "use strict";
    const FEW = 8;
    const ENDED = ["failed", "cancelled", "interrupted"];
    const nothing = () => window.dash_clientside.no_update;
    const html = (type, props) => ({namespace: "dash_html_components", type, props});
    const search = (query) => (query && Object.keys(query).length ? "?" + new URLSearchParams(query) : "");

    let context = {};
    let drawn = "";
    let about = [];

    function remembered() {
        try {
            return JSON.parse(window.sessionStorage.getItem("context")) || {};
        } catch {
            return {};
        }
    }

    function keep(found) {
        try {
            window.sessionStorage.setItem("context", JSON.stringify(found));
        } catch {
            // A browser that keeps nothing forgets it on a reload.
        }
        return found;
    }

    // The choices about the table, without those of a single page.
    function choices(params) {
        const names = ["dataset", "target", "task", "columns"].filter((name) => params.has(name));
        return params.has("dataset") ? Object.fromEntries(names.map((name) => [name, params.get(name)])) : {};
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

    const nameOf = (entry) => entry.label || entry.name || entry.id;
    const runName = (run) => run.label || `run of ${moment(run.created)}`;
    // A sample needs no link: everybody has it.
    const isSample = (id) => String(id).startsWith("sample-");
    const shared = ({dataset, run}) => (run ? {run} : isSample(dataset) ? null : {dataset});

    const labelOf = (id) => (window.library.entries().find((entry) => entry.id === id) || {}).label;

    // The run that Evaluate leads to from a table: the one that was open, else the last one with this target, else the
    // last one.
    function runFor(subject, before) {
        const open = before.run && before.run.dataset === subject.dataset ? [before.run] : [];
        const runs = [...open, ...window.library.runsOf(subject.dataset)];
        const all = runs.filter(({results, state}) => results || !ENDED.includes(state));
        return all.find(({target}) => target === subject.target) || all[0] || null;
    }

    const fields = ({run, dataset, target, created, state, results, score}) => ({
        id: run, dataset, target, created, state, results, score,
    });

    // What the address and the page that the server sent agree on; until they do, what was open before.
    function find(pathname, address, opened, defaultDataset, pages) {
        const params = new URLSearchParams(address || "");
        const page = pages.find(({path}) => path === window.address.inside(pathname));
        const before = remembered();
        const asked = params.get("run");
        if (opened.run && (!page || page.about) && opened.run === asked) {
            return {subject: opened, table: search(opened.query), run: fields(opened)};
        }
        const dataset = params.get("dataset") || defaultDataset;
        const isTable = (page ? page.about === "table" : params.has("dataset")) && !asked && !opened.run;
        if (!isTable || opened.dataset !== dataset) {
            return before;
        }
        const chosen = params.get("target");
        const exists = chosen && (opened.more || opened.columns.includes(chosen));
        const query = choices(params);
        const subject = {...opened, target: exists ? chosen : opened.suggested, query: {dataset, ...query}};
        return {subject, table: search(query), run: runFor(subject, before)};
    }

    // The sample that is shown to whoever comes without a table is nobody's choice.
    function note({subject}, address) {
        const params = new URLSearchParams(address || "");
        const named = subject && (subject.run ? params.get("run") === subject.run : params.get("dataset") === subject.dataset);
        if (!named) {
            return;
        }
        const {dataset, name, query} = subject;
        if (Object.keys(query).length) {
            window.library.note({kind: "table", id: dataset, name, query});
        }
        if (subject.run) {
            window.library.note({kind: "run", name, ...fields(subject)});
        }
    }

    const queries = () => ({table: context.table || "", run: context.run ? search({run: context.run.id}) : ""});

    // ---- The line

    function part(kind, title, label, full) {
        const summary = html("Summary", {
            children: [
                html("Span", {children: `${title}: `, className: "unseen"}),
                html("Span", {children: label, className: "subject-label"}),
            ],
            title: full,
        });
        return html("Details", {
            children: [summary, html("Div", {className: "subject-list"})],
            className: "subject-part",
            "data-part": kind,
        });
    }

    function line({subject, run}) {
        const step = () => html("Span", {children: "›", className: "subject-step", "aria-hidden": "true"});
        const name = labelOf(subject.dataset) || subject.name || "Table";
        const open = run && run.target === subject.target;
        const count = window.library.runsOf(subject.dataset).length;
        const others = count ? `${count} other ${count === 1 ? "run" : "runs"}` : "no run yet";
        return [
            part("table", "Table", shortened(name), name),
            step(),
            part("target", "Target", shortened(subject.target || "no target yet"), subject.target || "Choose one"),
            step(),
            part("run", "Run", open ? runName({...run, label: labelOf(run.id)}) : others, "Choose a run"),
            ...(shared(subject) ? [html("A", {children: "Share", href: window.address.of("/share") + search(shared(subject)), className: "subject-share"})] : []),
        ];
    }

    // ---- The lists, made when they are opened

    function made(tag, attributes, ...children) {
        const element = document.createElement(tag);
        Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
        element.append(...children);
        return element;
    }

    function item({text, more, href, current}) {
        const link = made("a", {href}, made("span", {}, text));
        if (more) {
            link.append(made("span", {class: "subject-more"}, more));
        }
        if (current) {
            link.setAttribute("aria-current", "true");
        }
        return made("li", {}, link);
    }

    const hrefOf = ({path}) => window.address.of(path);
    const pathOf = (kind) => hrefOf(about.find((page) => page.about === kind));
    const training = () => hrefOf(about.filter((page) => page.about === "table")[1]);
    const library = () => ({text: "All tables and runs", href: hrefOf(about.find(({path}) => path.endsWith("library")))});

    const LISTS = {
        table: ({subject}) => ({
            find: "Find a table",
            none: "No other table was opened in this browser.",
            items: window.library.tables().map((entry) => ({
                text: nameOf(entry),
                href: pathOf("table") + search({...entry.query, dataset: entry.id}),
                current: entry.id === subject.dataset,
            })),
            ends: [{text: "Open another table", href: pathOf("table")}, library()],
        }),
        target: function ({subject}) {
            const onTable = !subject.run && window.location.pathname !== pathOf("run");
            const path = onTable && window.location.pathname === training() ? training() : pathOf("table");
            const query = Object.entries(subject.query).filter(([name]) => name !== "target" && name !== "task");
            const rest = subject.more ? [{text: `${subject.more} more columns on the Data page`, href: pathOf("table") + search(subject.query)}] : [];
            return {
                find: "Find a column",
                none: "The table has expired and was deleted.",
                items: query.length
                    ? subject.columns.map((name) => ({
                          text: name,
                          href: path + search({...Object.fromEntries(query), target: name}),
                          current: name === subject.target,
                      }))
                    : [],
                ends: rest,
            };
        },
        run: function ({subject, run, table}) {
            const target = subject.target ? ` for ${shortened(subject.target, 24)}` : "";
            const train = {text: `Train models${target}`, href: training() + search(subject.query)};
            return {
                find: "Find a run",
                none: "No model was trained for this table in this browser.",
                items: window.library.runsOf(subject.dataset).map((each) => ({
                    text: runName(each),
                    more: [shortened(each.target || ""), each.score || each.state].filter(Boolean).join(", "),
                    href: (each.results ? pathOf("run") : training()) + search({run: each.id}),
                    current: Boolean(run) && each.id === run.id,
                })),
                ends: Object.keys(subject.query).length ? [train, library()] : [library()],
            };
        },
    };

    function fill(details) {
        const {find: label, none, items, ends} = LISTS[details.dataset.part](context);
        const list = made("ul", {class: "subject-items"}, ...items.map(item));
        const parts = items.length ? [list] : [made("p", {class: "subject-none"}, none)];
        if (items.length > FEW) {
            const input = made("input", {type: "search", "aria-label": label, placeholder: label, class: "subject-find"});
            input.addEventListener("input", function () {
                const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
                for (const row of list.children) {
                    row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
                }
            });
            parts.unshift(input);
        }
        if (ends.length) {
            parts.push(made("ul", {class: "subject-items subject-ends"}, ...ends.map(item)));
        }
        details.querySelector(".subject-list").replaceChildren(...parts);
        const first = details.querySelector("input");
        if (first) {
            first.focus({preventScroll: true});
        }
    }

    const openParts = () => document.querySelectorAll(".subject-part[open]");
    const partOf = (target) => (target instanceof Element ? target.closest(".subject-part") : null);

    function close(except) {
        openParts().forEach((details) => details !== except && details.removeAttribute("open"));
    }

    // It does not bubble.
    document.addEventListener("toggle", function (event) {
        const details = event.target;
        if (!(details instanceof Element) || !details.matches(".subject-part")) {
            return;
        }
        if (details.open) {
            close(details);
            fill(details);
        } else {
            details.querySelector(".subject-list").replaceChildren();
        }
    }, true);
    document.addEventListener("pointerdown", (event) => close(partOf(event.target)));
    document.addEventListener("focusin", (event) => close(partOf(event.target)));
    document.addEventListener("keydown", function (event) {
        const [details] = openParts();
        if (event.key === "Escape" && details) {
            close();
            details.querySelector("summary").focus();
        }
    });
    document.addEventListener("click", function (event) {
        const link = event.target instanceof Element && event.target.closest(".subject a");
        if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
            return;
        }
        event.preventDefault();
        close();
        window.history.pushState({}, "", link.href);
        window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
        window.scrollTo(0, 0);
    });

    const tableOf = ({run, state, created, results, score, ...table}) => table;

    function recall(found) {
        context = keep(found);
        const children = context.subject ? line(context) : [];
        drawn = JSON.stringify(children);
        window.dash_clientside.set_props("subject", {children});
        about.forEach(({link, path, about: kind}) =>
            window.dash_clientside.set_props(link, {href: hrefOf({path}) + (queries()[kind] || "")}),
        );
        if (context.table) {
            window.sessionStorage.setItem("table", context.table);
        } else {
            window.sessionStorage.removeItem("table");
        }
    }

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.context = {
        moment,

        // Forgets what was deleted, and returns it.
        forget: function (id) {
            const before = remembered();
            const {subject, run} = before;
            if (subject && subject.dataset === id) {
                recall({});
            } else if (run && run.id === id) {
                recall({...before, subject: tableOf(subject), run: null});
            }
            return before;
        },

        recall,

        // The line above the page, and the links of the navigation.
        show: function (pathname, address, opened, defaultDataset, pages, ...present) {
            about = pages;
            context = keep(find(pathname, address, opened || {}, defaultDataset, pages));
            if (context.table) {
                window.sessionStorage.setItem("table", context.table);
            }
            note(context, address);
            const links = pages.map((page) => hrefOf(page) + (queries()[page.about] || ""));
            const children = context.subject ? line(context) : [];
            const text = JSON.stringify(children);
            // What is drawn again closes a list that is open.
            const same = text === drawn;
            drawn = text;
            if (!same) {
                window.setTimeout(() => openParts().forEach(fill));
            }
            return [same ? nothing() : children, ...links.map((link, k) => (link === present[k] ? nothing() : link))];
        },
    };
})();
