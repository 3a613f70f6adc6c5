// The list of columns on the Data page: one line for each, sorted, searched and chosen in the browser.
//
// The server sends what does not change (#columns-data); what is chosen is in the address, where everybody reads it.
(function () {
    "use strict";
    const CHUNK = 80; // rows that are drawn at once; the next ones as the list is scrolled
    const OUT = "out";
    const SVG = "http://www.w3.org/2000/svg";
    const HEADS = [
        {key: "use", label: "Use"},
        {key: "name", label: "Column", sorts: true},
        {key: "role", label: "Role", sorts: true},
        {key: "missing", label: "Missing", sorts: true, number: true},
        {key: "distinct", label: "Distinct", sorts: true, number: true},
        {key: "values", label: "Range or most frequent"},
        {key: "bars", label: "Distribution"},
    ];
    const USES = {used: "Used", unused: "Not used"};

    let list = null; // what is shown now: see `begin`

    // ---- The choices, in the address

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

    function choices() {
        const params = new URLSearchParams(window.location.search);
        const names = list.data.columns.map(({name}) => name);
        const target = params.get("target");
        return {
            changed: parse(params.get("columns")),
            target: names.indexOf(names.includes(target) ? target : list.data.suggested),
        };
    }

    function change(edit) {
        const params = new URLSearchParams(window.location.search);
        const before = params.toString();
        const columns = parse(params.get("columns"));
        edit(columns);
        if (columns.size) {
            params.set("columns", write(columns));
        } else {
            params.delete("columns");
        }
        if (params.toString() === before) {
            return;
        }
        if (!params.has("dataset")) {
            params.set("dataset", list.data.dataset);
        }
        window.dash_clientside.set_props("go", {data: "?" + params});
    }

    function stateOf(i, {changed, target}) {
        const column = list.data.columns[i];
        const wanted = changed.get(i);
        const role = column.roles.includes(wanted) ? wanted : column.role;
        const usable = list.data.usable.includes(role);
        const isTarget = i === target;
        return {role, usable, isTarget, used: usable && !isTarget && wanted !== OUT};
    }

    function setRole(columns, i, role) {
        if (role === list.data.columns[i].role) {
            columns.delete(i);
        } else {
            columns.set(i, role);
        }
    }

    function setUse(columns, i, use) {
        if (!use) {
            columns.set(i, OUT);
        } else if (columns.get(i) === OUT) {
            columns.delete(i);
        }
    }

    // ---- Elements

    function make(tag, properties, ...children) {
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(properties || {})) {
            if (name in element && !name.includes("-")) {
                element[name] = value;
            } else {
                element.setAttribute(name, value);
            }
        }
        element.append(...children);
        return element;
    }

    function select(properties, options, value) {
        const element = make("select", properties);
        for (const [key, label] of options) {
            element.append(make("option", {value: key, textContent: label}));
        }
        element.value = value;
        return element;
    }

    function labelled(text, control, className = "") {
        return make("label", {className}, make("span", {textContent: text}), control);
    }

    function bars({bars: heights, barsLabel}) {
        if (!heights.length) {
            return document.createTextNode("–");
        }
        const step = 110 / heights.length;
        const drawn = heights.map((height, k) =>
            `M${(k * step).toFixed(1)} 31v-${height}h${(step * 0.85).toFixed(1)}v${height}z`);
        const svg = document.createElementNS(SVG, "svg");
        svg.setAttribute("viewBox", "0 0 110 31");
        svg.setAttribute("class", "bars");
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", barsLabel);
        const path = document.createElementNS(SVG, "path");
        path.setAttribute("d", drawn.join(""));
        svg.append(path);
        return svg;
    }

    function rowOf(i) {
        const column = list.data.columns[i];
        const use = make("input", {type: "checkbox", "data-use": i, "aria-label": `Use ${column.name}`});
        const tag = make("span", {className: "tag", textContent: "target"});
        const role = column.roles.length > 1
            ? select({"data-role": i, title: column.reason, "aria-label": `Role of ${column.name}`},
                column.roles.map((key) => [key, list.data.labels[key]]), column.role)
            : make("span", {textContent: list.data.labels[column.role], title: column.reason});
        const cells = [
            make("td", {className: "column-use"}, use, tag),
            make("th", {scope: "row", title: column.name}, column.name),
            make("td", {className: "column-role"}, role),
            make("td", {className: "number", "data-label": "Missing"}, column.missingText),
            make("td", {className: "number", "data-label": "Distinct"}, column.distinctText),
            make("td", {className: "column-values", title: column.values}, column.values),
            make("td", {className: "column-bars"}, bars(column)),
        ];
        if (column.offers.length) {
            const label = `Read ${column.name} otherwise`;
            const offers = [["", "Read otherwise…"], ...column.offers];
            cells[2].append(select({"data-reading": i, "aria-label": label}, offers, ""));
        }
        return make("tr", {}, ...cells);
    }

    function update(i, row, chosen) {
        const {role, usable, isTarget, used} = stateOf(i, chosen);
        const use = row.querySelector("[data-use]");
        use.checked = used;
        use.disabled = !usable;
        use.hidden = isTarget;
        row.querySelector(".tag").hidden = !isTarget;
        const select = row.querySelector("[data-role]");
        if (select) {
            select.value = role;
        }
        row.className = used || isTarget ? "" : "unused";
    }

    // ---- The list

    function begin(data, root) {
        list = {data, root, rows: new Map(), shown: [], drawn: 0, sort: null, down: false, target: null};
        list.search = make("input", {type: "search", id: "columns-search"});
        const roles = Object.entries(data.labels).filter(([key]) => data.columns.some(({role}) => role === key));
        list.filter = select({id: "columns-filter"},
            [["", "All columns"], ...Object.entries(USES), ...roles], "");
        list.order = select({id: "columns-order"}, [["", "Table order"],
            ...HEADS.filter(({sorts}) => sorts).map(({key, label}) => [key, label])], "");
        list.all = make("button", {type: "button", className: "button button-light", id: "columns-all"});
        list.none = make("button", {type: "button", className: "button button-light", id: "columns-none"});
        list.role = make("select", {id: "columns-role"});
        list.says = make("p", {className: "hint", role: "status", id: "columns-says"});
        const head = make("tr", {}, ...HEADS.map(({key, label, sorts, number}) => make("th",
            {scope: "col", className: number ? "number" : "", ...(sorts ? {"aria-sort": "none", "data-sorts": key} : {})},
            sorts ? make("button", {type: "button", className: "sort", textContent: label}) : label)));
        list.body = make("tbody");
        const table = make("table", {className: "table columns"}, make("thead", {}, head), list.body);
        list.scroll = make("div", {className: "columns-scroll", tabIndex: 0, role: "region",
            "aria-label": "The table's columns"}, table);
        const tools = make("div", {className: "columns-tools"},
            labelled("Find a column", list.search),
            labelled("Show", list.filter),
            labelled("Sort", list.order, "columns-sort"),
            labelled("Role of all shown", list.role),
            make("div", {className: "columns-bulk"}, list.all, list.none));
        list.more = new IntersectionObserver((seen) => {
            if (seen.some(({isIntersecting}) => isIntersecting)) {
                append();
            }
        }, {root: list.scroll, rootMargin: "400px"});
        root.replaceChildren(tools, list.says, list.scroll);
        listen(root);
        arrange();
    }

    function matches(i, wanted, kind, chosen) {
        const {role, used} = stateOf(i, chosen);
        const fits = !kind || (kind in USES ? used === (kind === "used") : role === kind);
        return fits && list.data.columns[i].name.toLowerCase().includes(wanted);
    }

    function compare(a, b, chosen) {
        const [left, right] = [a, b].map((i) => (list.sort === "role"
            ? list.data.labels[stateOf(i, chosen).role] : list.data.columns[i][list.sort]));
        const order = typeof left === "number" ? left - right : left.localeCompare(right, undefined, {numeric: true});
        return (list.down ? -order : order) || a - b;
    }

    // Choose which columns are shown and in which order, and draw the first ones.
    function arrange() {
        const chosen = choices();
        const wanted = list.search.value.trim().toLowerCase();
        const all = list.data.columns.map((_, i) => i);
        list.shown = all.filter((i) => matches(i, wanted, list.filter.value, chosen));
        if (list.sort) {
            list.shown.sort((a, b) => compare(a, b, chosen));
        } else {
            list.shown.sort((a, b) => (b === chosen.target) - (a === chosen.target) || a - b);
        }
        list.target = chosen.target;
        list.rows.clear();
        list.drawn = 0;
        list.body.replaceChildren();
        list.scroll.scrollTop = 0;
        for (const head of list.root.querySelectorAll("[data-sorts]")) {
            const way = list.down ? "descending" : "ascending";
            head.setAttribute("aria-sort", head.dataset.sorts === list.sort ? way : "none");
        }
        list.order.value = list.sort || "";
        append();
        say(chosen);
    }

    function append() {
        const chosen = choices();
        const next = list.shown.slice(list.drawn, list.drawn + CHUNK);
        const rows = next.map((i) => {
            const row = rowOf(i);
            list.rows.set(i, row);
            update(i, row, chosen);
            return row;
        });
        list.drawn += next.length;
        list.body.append(...rows);
        list.more.disconnect();
        if (list.drawn < list.shown.length) {
            list.more.observe(list.body.lastElementChild);
        }
    }

    function say(chosen) {
        const {columns} = list.data;
        const number = window.wording.number;
        const used = columns.filter((_, i) => stateOf(i, chosen).used).length;
        const isPart = list.shown.length < columns.length;
        const found = list.shown.length ? `${number(list.shown.length)} shown.` : "No column is like that.";
        list.says.textContent = [`${number(used)} of ${number(columns.length)} columns are used.`, isPart ? found : ""]
            .join(" ").trim();
        list.all.textContent = isPart ? "Use all shown" : "Use all";
        list.none.textContent = isPart ? "Leave out all shown" : "Leave out all";
        const possible = new Set(list.shown.flatMap((i) => columns[i].roles));
        const options = Object.entries(list.data.labels).filter(([key]) => possible.has(key));
        list.role.replaceChildren(...[["", "Set to…"], ...options]
            .map(([value, textContent]) => make("option", {value, textContent})));
        list.role.value = "";
    }

    // Others may have changed the address, such as 'back'.
    function follow() {
        const chosen = choices();
        if (chosen.target !== list.target) {
            arrange();
            return;
        }
        list.rows.forEach((row, i) => update(i, row, chosen));
        say(chosen);
    }

    function setAll(use) {
        const chosen = choices();
        change((columns) => list.shown.forEach((i) => {
            const {usable, isTarget} = stateOf(i, chosen);
            if (usable && !isTarget) {
                setUse(columns, i, use);
            }
        }));
    }

    // Columns that are left out stay so, and others keep a role that they cannot change.
    function setRoles(role) {
        change((columns) => list.shown.forEach((i) => {
            if (columns.get(i) !== OUT && i !== list.target && list.data.columns[i].roles.includes(role)) {
                setRole(columns, i, role);
            }
        }));
    }

    function sortBy(key) {
        list.down = list.sort === key ? !list.down : key === "missing" || key === "distinct";
        list.sort = key;
        arrange();
    }

    function listen(root) {
        let typing = null;
        root.oninput = ({target}) => {
            if (target === list.search) {
                clearTimeout(typing);
                typing = setTimeout(arrange, 150);
            }
        };
        root.onchange = ({target}) => {
            const {use, role, reading} = target.dataset;
            if (target === list.filter) {
                arrange();
            } else if (target === list.order) {
                list.sort = null;
                if (target.value) {
                    sortBy(target.value);
                } else {
                    arrange();
                }
            } else if (target === list.role && target.value) {
                setRoles(target.value);
                target.value = "";
            } else if (use !== undefined) {
                change((columns) => setUse(columns, Number(use), target.checked));
            } else if (role !== undefined) {
                change((columns) => setRole(columns, Number(role), target.value));
            } else if (reading !== undefined && target.value) {
                window.dash_clientside.data.take(target.value);
            }
        };
        root.onclick = ({target}) => {
            if (target === list.all || target === list.none) {
                setAll(target === list.all);
            } else if (target.matches(".sort")) {
                sortBy(target.parentElement.dataset.sorts);
            }
        };
    }

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.columns = {
        draw: function (data) {
            const root = document.getElementById("columns-table");
            if (!data || !root) {
                return window.dash_clientside.no_update;
            }
            if (!list || list.data !== data || list.root !== root) {
                begin(data, root);
                return null;
            }
            follow();
            return window.dash_clientside.no_update;
        },
    };
})();
