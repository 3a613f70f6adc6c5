// The Share page: copies a link, or selects it where the browser does not let pages copy.
(function () {
    "use strict";
    document.addEventListener("click", async function (event) {
        const button = event.target instanceof Element && event.target.closest("[data-copy]");
        if (!button) {
            return;
        }
        try {
            await navigator.clipboard.writeText(button.dataset.copy);
            button.textContent = "Copied";
        } catch {
            const input = button.parentElement.querySelector("input");
            input.focus();
            input.select();
            button.textContent = "Press Ctrl+C";
        }
    });
})();
