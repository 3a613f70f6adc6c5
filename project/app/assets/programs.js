// The section 'From a program' of the page Use: lines that name this server, and their buttons.
(function () {
    "use strict";

    function prefix() {
        try {
            const config = JSON.parse(document.getElementById("_dash-config").textContent);
            return config.requests_pathname_prefix.replace(/\/$/, "");
        } catch {
            return "";
        }
    }

    window.dash_clientside = Object.assign({}, window.dash_clientside, {
        programs: {
            fill(texts) {
                const server = window.location.origin + prefix();
                return (texts || []).map((text) => text.replaceAll("{server}", server));
            },
        },
    });

    document.addEventListener("click", async function (event) {
        const button = event.target instanceof Element && event.target.closest(".program-copy");
        if (!button) {
            return;
        }
        const text = button.closest(".program").querySelector("pre");
        try {
            await navigator.clipboard.writeText(text.textContent);
            button.textContent = "Copied";
        } catch {
            window.getSelection().selectAllChildren(text);
            button.textContent = "Press Ctrl+C";
        }
    });
})();
