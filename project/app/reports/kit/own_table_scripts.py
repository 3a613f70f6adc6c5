"""What the browser does for `own_table`, without asking the server."""

# The table of an address: its columns come with it, as they belong to it and not to the sample.
OPEN = """(search) => {
    const said = new URLSearchParams(search);
    if (!said.get("table") && !said.get("file")) return window.dash_clientside.no_update;
    const columns = {};
    for (const [name, id] of Object.entries(%s)) {
        if (said.get(name)) columns[id] = said.get(name);
    }
    return {table: said.get("table"), file: said.get("file"), sure: said.get("sure") === "yes", columns};
}"""

WRITE = """(data, name) => {
    const query = new URLSearchParams(window.location.search);
    const values = {table: data && data.table, file: data && (data.file || name), sure: data && data.sure && "yes"};
    for (const [key, value] of Object.entries(values)) {
        if (value) query.set(key, value);
        else query.delete(key);
    }
    window.history.replaceState(window.history.state, "", window.location.pathname + "?" + query);
}"""

# The dashboard's upload says when a table is there.
LISTEN = """() => {
    if (window.ownTableListens) return;
    window.ownTableListens = true;
    document.addEventListener("table-uploaded", (event) => {
        event.preventDefault();
        const data = {table: event.detail.dataset, file: event.detail.name};
        window.dash_clientside.set_props("own-file", {data});
    });
}"""

# A file that is chosen again has the columns that it had.
TAKE = """(file, before) =>
    file ? {...file, sure: false, columns: (before && before.columns) || {}} : window.dash_clientside.no_update
"""

FORGET = "() => null"

CONFIRM = """(clicks, data, ...values) => {
    if (!clicks || !data) return window.dash_clientside.no_update;
    const columns = Object.fromEntries(%s.map((id, i) => [id, values[i]]));
    return {...data, sure: true, columns};
}"""
