// In every hosted report: shows a message when a callback failed, and sends the height to a page that embeds it.
(function () {
    "use strict";
    const root = document.documentElement;
    const name = root.dataset.report;
    const problem = document.getElementById("report-problem");

    if (new URLSearchParams(window.location.search).get("embed") === "1") {
        root.setAttribute("data-embedded", "");
    }

    // Failures by the outputs of the callback; the message stays until that callback succeeds.
    const failed = new Map();

    function note(what, sentence) {
        failed.delete(what);
        if (sentence) {
            failed.set(what, sentence);
        }
        const [last] = [...failed.values()].slice(-1);
        problem.textContent = last || "";
        problem.hidden = !last;
    }

    function changed(options) {
        try {
            return JSON.parse(options.body).output;
        } catch {
            return "";
        }
    }

    const ask = window.fetch;
    window.fetch = async function (...request) {
        const address = String(request[0] && request[0].url ? request[0].url : request[0]);
        const answer = await ask.apply(this, request);
        if (/_dash-(update-component|layout|dependencies)/.test(address)) {
            const what = changed(request[1]);
            if (answer.ok) {
                note(what, "");
            } else {
                const said = await answer.clone().json().catch(() => ({}));
                note(what, said.error || "This part of the report could not be computed. Try another choice, or reload the page.");
            }
        }
        return answer;
    };

    if (window.parent !== window) {
        let told = 0;
        const tell = function () {
            const height = Math.ceil(document.body.getBoundingClientRect().height);
            if (height !== told) {
                told = height;
                window.parent.postMessage({type: "dashboard-report-height", report: name, height}, "*");
            }
        };
        new ResizeObserver(tell).observe(document.body);
        tell();
    }
})();
