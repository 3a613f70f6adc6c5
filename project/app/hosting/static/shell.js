// On pages that are not the dashboard's own: the theme that was chosen there, and links that keep its table and run.
(function () {
    "use strict";
    const KEY = "mantine-color-scheme-value";
    const root = document.documentElement;
    const dark = window.matchMedia("(prefers-color-scheme: dark)");

    function stored(store, key) {
        try {
            return window[store].getItem(key);
        } catch {
            return null;
        }
    }

    function chosen() {
        const scheme = stored("localStorage", KEY);
        return ["light", "dark"].includes(scheme) ? scheme : dark.matches ? "dark" : "light";
    }

    const apply = () => root.setAttribute("data-mantine-color-scheme", chosen());

    // A report sets its theme itself, before anything is painted.
    if (!root.dataset.report) {
        apply();
        dark.addEventListener("change", apply);
        window.addEventListener("storage", apply);
    }
    if (window.parent !== window && new URLSearchParams(window.location.search).get("embed") === "1") {
        root.setAttribute("data-embedded", "");
    }

    function keepContext() {
        let context = {};
        try {
            context = JSON.parse(stored("sessionStorage", "context")) || {};
        } catch {
            // Nothing was open.
        }
        const query = {table: context.table || "", run: context.run ? "?run=" + encodeURIComponent(context.run.id) : ""};
        document.querySelectorAll(".shell-bar [data-about]").forEach((link) => {
            link.href = link.getAttribute("href") + (query[link.dataset.about] || "");
        });
    }

    function toggle() {
        const scheme = chosen() === "dark" ? "light" : "dark";
        try {
            window.localStorage.setItem(KEY, scheme);
        } catch {
            // Then it holds for this page.
        }
        root.setAttribute("data-mantine-color-scheme", scheme);
        // Mantine listens to other windows only.
        window.dispatchEvent(new StorageEvent("storage", {key: KEY, newValue: scheme, storageArea: window.localStorage}));
    }

    document.addEventListener("DOMContentLoaded", function () {
        keepContext();
        const button = document.getElementById("shell-theme");
        if (button) {
            button.addEventListener("click", toggle);
        }
    });
})();
