// The document of a run: it draws the charts, and follows the threshold, the costs and the class.
(function () {
    "use strict";
    const FOLLOWING = ["confusion", "roc", "precision-recall", "scores", "cost"];
    const PAPER_WIDTH = 640;
    const at = (id) => document.getElementById(id);
    const content = JSON.parse(at("content").textContent);
    const {figures, data, config} = content;

    async function inflated(text) {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
        return new Response(stream).text();
    }

    // The policy of the document knows the hash of this script.
    function run(source) {
        const script = document.createElement("script");
        script.textContent = source;
        document.head.append(script);
        if (!window.Plotly) {
            throw new Error("the charts cannot be drawn");
        }
    }

    function draw(id) {
        const figure = figures[id];
        return window.Plotly.react(at(id), figure.data, {...figure.layout, autosize: true}, config);
    }

    function follow() {
        const value = (id) => at(id).value;
        const given = FOLLOWING.map((id) => figures[id]);
        const amounts = ["threshold", "cost-alarm", "cost-miss", "capacity", "capacity-per"].map(value);
        const drawn = window.dash_clientside.evaluate.follow(Number(amounts[0]), ...amounts.slice(1), data["threshold-data"], ...given);
        FOLLOWING.forEach((id, i) => {
            figures[id] = drawn[i];
        });
    }

    function followThreshold() {
        const changed = (event) => {
            window.dash_clientside.callback_context.triggered_id = event.target.id;
            follow();
            FOLLOWING.forEach(draw);
        };
        for (const id of ["threshold", "cost-alarm", "cost-miss", "capacity", "capacity-per"]) {
            at(id).addEventListener("input", changed);
        }
        const set = (id, choose) =>
            at(id).addEventListener("click", () => {
                const found = choose();
                if (typeof found === "number") {
                    at("threshold").value = found;
                    at("threshold").dispatchEvent(new Event("input"));
                }
            });
        const {evaluate, decide} = window.dash_clientside;
        set("threshold-cheapest", () => evaluate.cheapest(1, at("cost-alarm").value, at("cost-miss").value, data["threshold-data"]));
        set("threshold-fitting", () => decide.fitting(1, at("capacity").value, at("capacity-per").value, data["threshold-data"]));
    }

    function followClass() {
        at("class").addEventListener("change", (event) => {
            for (const [id, {figure, says}] of Object.entries(data.classes[event.target.value])) {
                figures[id] = figure;
                at(`${id}-says`).textContent = says;
                draw(id);
            }
        });
    }

    // Charts do not shrink by themselves: paper is narrower than a window.
    function followPrinting() {
        const resize = (width) =>
            Object.keys(figures).forEach((id) => window.Plotly.relayout(at(id), width ? {width, autosize: false} : {width: null, autosize: true}));
        let closed = [];
        window.addEventListener("beforeprint", () => {
            closed = [...document.querySelectorAll("details:not([open])")];
            closed.forEach((each) => (each.open = true));
            resize(PAPER_WIDTH);
        });
        window.addEventListener("afterprint", () => {
            closed.forEach((each) => (each.open = false));
            resize(null);
        });
    }

    async function start() {
        if (!Object.keys(figures).length) {
            return;
        }
        run(await inflated(at("plotly").textContent));
        at("plotly").remove();
        if (data["threshold-data"]) {
            follow();
            followThreshold();
        }
        if (data.classes && at("class")) {
            followClass();
        }
        await Promise.all(Object.keys(figures).map(draw));
        followPrinting();
    }

    start()
        .then(() => {
            document.documentElement.dataset.ready = "yes";
        })
        .catch((error) => {
            at("broken").textContent = `Not all of this document can be shown: ${error.message}. Open it in a current browser.`;
            at("broken").hidden = false;
        });
})();
