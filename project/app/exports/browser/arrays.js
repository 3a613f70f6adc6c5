// Puts the arrays of a packed model back in their places.
(function () {
    "use strict";
    const TYPES = {
        float64: Float64Array,
        float32: Float32Array,
        uint32: Uint32Array,
        uint16: Uint16Array,
        uint8: Uint8Array,
        int32: Int32Array,
    };

    async function inflated(text) {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
        return new Response(stream).arrayBuffer();
    }

    function placed(content, buffer) {
        if (Array.isArray(content)) {
            return content.map((each) => placed(each, buffer));
        }
        if (content === null || typeof content !== "object") {
            return content;
        }
        if ("$" in content) {
            const [type, first, length] = content.$;
            return new TYPES[type](buffer, first, length);
        }
        const entries = Object.entries(content);
        return Object.fromEntries(entries.map(([key, each]) => [key, placed(each, buffer)]));
    }

    async function unpacked(content, text) {
        return placed(content, await inflated(text));
    }

    // What Python splits words at.
    const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

    window.portable = {unpacked, SPACES};
})();
