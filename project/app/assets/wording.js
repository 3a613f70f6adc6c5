// Numbers and shares as text, by the rules of app/wording.py; a test in the browser compares both.
(function () {
    "use strict";
    const UNKNOWN = "–";
    const MINUS = "−";

    // toFixed rounds half away from zero, as Python's side does.
    function fixed(value, decimals = 3) {
        if (!Number.isFinite(value)) {
            return UNKNOWN;
        }
        const [whole, rest] = Math.abs(value).toFixed(decimals).split(".");
        const digits = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? "." + rest : "");
        return value < 0 && /[1-9]/.test(digits) ? MINUS + digits : digits;
    }

    function number(value, digits = 3) {
        if (!Number.isFinite(value)) {
            return UNKNOWN;
        }
        const size = Math.abs(value);
        if (size >= 1e15 || (size > 0 && size < 1e-4)) {
            return value.toExponential(digits - 1).replaceAll("-", MINUS);
        }
        if (Number.isInteger(value)) {
            return fixed(value, 0);
        }
        return fixed(value, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
    }

    function percent(share) {
        if (!Number.isFinite(share)) {
            return UNKNOWN;
        }
        const sign = share < 0 ? MINUS : "";
        const digits = fixed(Math.abs(100 * share), 1).replace(/\.0$/, "");
        if (digits === "0" && share !== 0) {
            return `${share > 0 ? "<" : ">"} ${sign}0.1 %`;
        }
        if (digits === "100" && Math.abs(share) < 1) {
            return `${share > 0 ? ">" : "<"} ${sign}99.9 %`;
        }
        return `${sign}${digits} %`;
    }

    window.wording = {fixed, number, percent};
})();
