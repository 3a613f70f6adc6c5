// The addresses of this server as the browser must ask for them: a proxy may serve it below a path of its own.
(function () {
    "use strict";
    const meta = document.querySelector('meta[name="root"]');
    const root = meta ? meta.content : "";

    window.address = {
        // Of a path of this server.
        of: (path) => root + path,
        // The path of this server that a browser's path leads to.
        inside: (path) => ((path + "/").startsWith(root + "/") ? path.slice(root.length) || "/" : path),
    };
})();
