// On pages of a server where people log in: says that the session has ended, instead of failing without a word.
(function () {
    "use strict";
    const ask = window.fetch;
    const base = document.currentScript.dataset.login;
    let shown = null;

    function show() {
        if (shown) {
            return;
        }
        shown = document.createElement("div");
        shown.className = "session-ended";
        shown.setAttribute("role", "alert");
        const link = document.createElement("a");
        const here = window.location.pathname + window.location.search;
        link.href = base + "?next=" + encodeURIComponent(here);
        link.target = "_blank";
        link.rel = "opener";
        link.textContent = "Log in again";
        shown.append(
            "Your session has ended. ",
            link,
            " in a new tab, then repeat your last step here: this page stays as it is.",
        );
        document.body.append(shown);
    }

    function note(status, address) {
        if (status === 401 && new URL(address, window.location).origin === window.location.origin) {
            show();
        } else if (shown && status < 400) {
            shown.remove();
            shown = null;
        }
    }

    window.fetch = async function (...sent) {
        const answer = await ask.apply(this, sent);
        note(answer.status, answer.url || window.location.href);
        return answer;
    };

    // Uploads send their parts so.
    const send = window.XMLHttpRequest.prototype.send;
    window.XMLHttpRequest.prototype.send = function (...sent) {
        this.addEventListener("load", () => note(this.status, this.responseURL || window.location.href));
        return send.apply(this, sent);
    };
})();
