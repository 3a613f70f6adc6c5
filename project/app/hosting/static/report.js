// What every hosted report does in the browser: it says when a callback failed, and tells a page that embeds it its height.
(function () {
    "use strict";
    const root = document.documentElement;
    const name = root.dataset.report;
    const problem = document.getElementById("report-problem");

    if (new URLSearchParams(window.location.search).get("embed") === "1") {
        root.setAttribute("data-embedded", "");
    }

    const ask = window.fetch;
    window.fetch = async function (...request) {
        const address = String(request[0] && request[0].url ? request[0].url : request[0]);
        const answer = await ask.apply(this, request);
        if (address.includes("_dash-update-component")) {
            if (answer.status >= 400) {
                const said = await answer.clone().json().catch(() => ({}));
                problem.textContent = said.error || "This part of the report could not be computed. Try another choice, or reload the page.";
                problem.hidden = false;
            } else if (answer.ok) {
                problem.hidden = true;
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
