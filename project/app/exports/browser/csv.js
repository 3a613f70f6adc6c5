// Tables as text: read with any usual delimiter and quotes, and written again.
(function () {
    "use strict";
    const DELIMITERS = [",", ";", "\t"];

    // Older programs write in the encoding of their country.
    function decoded(bytes) {
        const [first, second] = new Uint8Array(bytes.slice(0, 2));
        const utf16 = first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "";
        if (utf16) {
            return new TextDecoder(utf16).decode(bytes);
        }
        try {
            return new TextDecoder("utf-8", {fatal: true}).decode(bytes);
        } catch {
            return new TextDecoder("windows-1252").decode(bytes);
        }
    }

    function delimiterOf(text) {
        const head = text.slice(0, 65536);
        const widths = DELIMITERS.map((delimiter) => {
            const rows = [...records(head, delimiter, 20)].filter((row) => row.length > 1 || row[0] !== "");
            const width = rows.length ? rows[0].length : 0;
            const alike = rows.filter((row) => row.length === width).length;
            return width > 1 ? width * (alike / rows.length) ** 2 : 0;
        });
        return DELIMITERS[widths.indexOf(Math.max(...widths))];
    }

    function* records(text, delimiter, limit = Infinity) {
        let row = [];
        let cell = "";
        let i = 0;
        let count = 0;
        const stop = new RegExp(`[${delimiter}\r\n]`, "g");
        while (i <= text.length && count < limit) {
            if (text[i] === '"') {
                // A quoted cell; a quote in it is doubled.
                let end = text.indexOf('"', i + 1);
                while (end >= 0 && text[end + 1] === '"') {
                    end = text.indexOf('"', end + 2);
                }
                end = end < 0 ? text.length : end;
                cell = text.slice(i + 1, end).replaceAll('""', '"');
                i = end + 1;
            }
            stop.lastIndex = i;
            const found = stop.exec(text);
            const at = found ? found.index : text.length;
            cell += text.slice(i, at);
            row.push(cell);
            cell = "";
            i = at + 1;
            if (!found || found[0] !== delimiter) {
                if (found && found[0] === "\r" && text[i] === "\n") {
                    i += 1;
                }
                if (found || row.length > 1 || row[0] !== "") {
                    count += 1;
                    yield row;
                }
                row = [];
                if (!found) {
                    return;
                }
            }
        }
    }

    // The header, the rows that are not blank, and their numbers in the file.
    function read(text) {
        const content = text.startsWith("\ufeff") ? text.slice(1) : text;
        const delimiter = delimiterOf(content);
        let header = null;
        const rows = [];
        const numbers = [];
        let number = 0;
        for (const row of records(content, delimiter)) {
            number += 1;
            if (row.length === 1 && row[0].trim() === "" && (header === null || header.length > 1)) {
                continue;
            }
            if (header === null) {
                header = row;
                number = 0;
            } else {
                rows.push(row);
                numbers.push(number);
            }
        }
        return {header: header || [], rows, numbers, delimiter};
    }

    function written(cell, delimiter) {
        const text = String(cell ?? "");
        return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    }

    function line(row, delimiter) {
        return row.map((cell) => written(cell, delimiter)).join(delimiter) + "\r\n";
    }

    Object.assign(window.portable, {csv: {decoded, read, line}});
})();
