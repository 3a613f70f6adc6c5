// From the text of a cell to the value that the model learned from, by the schema of its column; and back to text.
(function () {
    "use strict";
    const PLAIN = /^((-?(0|[1-9]\d*)|\+(0|[1-9]\d{0,5}))(\.\d*)?|[-+]?\.\d+)([eE][-+]?\d+)?$/;
    const COMMA = /^[-+]?(0|[1-9]\d*|[1-9]\d{0,2}(\.\d{3})+)?(,\d+)?([eE][-+]?\d+)?$/;
    const POINT = /^[-+]?(0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+)(\.\d*)?([eE][-+]?\d+)?$/;
    const EITHER = /^[-+]?[1-9]\d{0,2},\d{3}$/;
    const GROUPED = /^([-+]?\d{1,3})((?:[ ']\d{3})+)([.,]\d*)?$/;
    const INDIAN = /^[-+]?\d{1,2}(,\d{2})+,\d{3}(\.\d+)?$/;
    const TELEPHONE = /^\+\d{7,}$/;
    // Units that may stand right after the digits; other words need a space, for 12A is a seat.
    const TIGHT = new Set(
        (
            "kg mg µg μg g t lb lbs oz km cm mm µm nm m ft mi m² m2 m³ m3 km² km2 ha ml mL cl l L km/h mph m/s h hrs min s " +
            "sec ms kB KB MB GB TB Hz kHz MHz GHz W kW MW kWh MWh V mV mA Ah mAh ° °C °F K px pt hPa bar cc hp PS x k M B " +
            "bn Mio Mio. Mrd Mrd. mg/dL bhp kmpl CC % ‰ $ € £ ¥ ₹ kr zł Kč Ft EUR USD GBP CHF"
        ).split(" "),
    );
    const CURRENCY = "(?:US\\$|[A-Z]{3}|kr|zł|Kč|[$€£¥₹₽₩₺₪฿₫₴₦₱¢])";
    const AMOUNT = new RegExp(
        `^(\\()?([-+]?) ?${CURRENCY}? ?(-?)(\\d(?:[\\d.,' ]*[\\d.,])?(?:[eE][-+]?\\d+)?|[.,]\\d+)` +
            "( *)(%|‰|[^\\d\\s().,'+\\-<>=:;/\"][^\\d()]{0,15}?[23²³]?)? ?(-?)(\\))?$",
        "u",
    );
    const DURATION =
        /^(-)?(?:(\d+)(?: ?d(?:ays?)?| Tage?| ?j(?:ours?)?)?,? )?(\d{1,5}):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?(?: ?([ap])\.?m\.?)?$/i;
    const TIME =
        "(?:(?:,? *[Tt]|,? +|:)(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?(?: ?([aApP])\\.?[mM]\\.?)?(?: Uhr)?" +
        "(?: *(Z|z|UTC|GMT|[-+]\\d{2}(?::?\\d{2})?))?)?";
    const WEEKDAY = "(?:\\p{L}{2,12}\\.?,? +)?";
    const NAME = "(\\p{L}{3,12})\\.?";
    const form = (pattern, ...order) => ({
        pattern: new RegExp(`^${WEEKDAY}${pattern}${TIME}$`, "u"),
        order,
    });
    // A month alone has neither a weekday nor a time.
    const alone = (pattern, ...order) => ({pattern: new RegExp(`^${pattern}$`, "u"), order});
    const FORMS = [
        form("(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})", "year", "month", "day"),
        form("(\\d{1,2})([-/.]) ?(\\d{1,2})[-/.] ?(\\d{4}|\\d{2})", "first", "mark", "other", "year"),
        form(
            `(\\d{1,2})(?:st|nd|rd|th|\\.)?[-/ .]*(?:de )?${NAME},?[-/ .]*(?:de )?(\\d{4}|\\d{2})`,
            "day",
            "name",
            "year",
        ),
        form(`${NAME}[- ](\\d{1,2})(?:st|nd|rd|th)?,?[- ]+(\\d{4})`, "name", "day", "year"),
        form("(\\d{4})(\\d{2})(\\d{2})", "year", "month", "day"),
        alone("(\\d{4})[-/](\\d{1,2})", "year", "month"),
        alone("(\\d{4})[Mm](\\d{1,2})", "year", "month"),
        alone("(\\d{4})(\\d{2})", "year", "month"),
        alone("(\\d{1,2})[-/.](\\d{4})", "month", "year"),
        alone(`${NAME}[-/ ']+(\\d{4}|\\d{2})`, "name", "year"),
        alone(`(\\d{4})[-/ ]+${NAME}`, "year", "name"),
        alone("(\\d{4})[-/ ]?[Qq]([1-4])", "year", "quarter"),
        alone("[Qq]([1-4])[-/ ]*(\\d{4})", "quarter", "year"),
        alone("(\\d{4})-?[Ww](\\d{2})", "year", "week"),
        alone("(\\d{4})", "year"),
    ];
    const MONTHS = [
        "jan january januar janner janvier janv enero ene gennaio gen janeiro januari",
        "feb february februar fevrier fevr febrero febbraio fevereiro fev februari",
        "mar march marz mrz mars marzo marco maart mrt mae",
        "apr april avril avr abril abr aprile",
        "may mai mayo maggio mag maio mei maj",
        "jun june juni juin junio giugno giu junho",
        "jul july juli juillet juil julio luglio lug julho",
        "aug august aout agosto ago augustus augusti",
        "sep sept september septembre septiembre settembre set setembro",
        "oct october oktober okt octobre octubre ottobre ott outubro out",
        "nov november novembre noviembre novembro",
        "dec december dezember dez decembre diciembre dic dicembre dezembro",
    ].map((names) => new Set(names.split(" ")));
    const DAY = 86400000;

    // undefined: the text is no number.
    function number(text, written) {
        const plain = text.replace(/[\u00a0\u2007\u2009\u202f]/g, " ").replace(/[−–﹣]/g, "-");
        const direct = digits(plain, written);
        if (direct !== undefined || TELEPHONE.test(plain)) {
            return TELEPHONE.test(plain) ? undefined : direct;
        }
        const parts = AMOUNT.exec(plain.replace(/[’´`]/g, "'"));
        if (parts) {
            const [, open, sign, late, core, gap, unit, minus, close] = parts;
            const negative = Boolean(open || late || minus);
            const fits = Boolean(open) === Boolean(close) && !(negative && sign) && (gap || !unit || TIGHT.has(unit));
            if (fits) {
                return digits((negative ? "-" : sign) + core, written, unit === "%" ? "e-2" : "");
            }
        }
        return seconds(plain);
    }

    function digits(text, written, shift = "") {
        const groups = GROUPED.exec(text);
        if (groups) {
            return digits(groups[1] + groups[2].replace(/[ ']/g, "") + (groups[3] || ""), written, shift);
        }
        const asComma = () => (COMMA.test(text) && /\d/.test(text) ? text.replaceAll(".", "").replace(",", ".") : null);
        const asPoint = () => (PLAIN.test(text) || POINT.test(text) ? text.replaceAll(",", "") : null);
        if (INDIAN.test(text)) {
            return Number(text.replaceAll(",", "") + shift);
        }
        if (EITHER.test(text) && !written) {
            return undefined;
        }
        const found = written === "decimal comma" ? asComma() ?? asPoint() : asPoint() ?? asComma();
        if (found === null || (shift && /e/i.test(found))) {
            return undefined;
        }
        return Number(found + shift);
    }

    function seconds(text) {
        const parts = DURATION.exec(text);
        if (!parts) {
            return undefined;
        }
        const [, sign, days, hours, minutes, rest, fraction, half] = parts;
        const hour = half ? (Number(hours) % 12) + (half.toLowerCase() === "p" ? 12 : 0) : Number(hours);
        const whole = 86400 * Number(days || 0) + 3600 * hour + 60 * Number(minutes) + Number(rest || 0);
        const value = fraction ? whole + Number(fraction) / 10 ** fraction.length : whole;
        return sign ? -value : value;
    }

    // A date is the number of its day, counted from 1970, and the microseconds of that day.
    function date(text, written) {
        const tidy = text.replace(/[ \u00a0\u202f]+/g, " ");
        for (const each of FORMS) {
            const parts = each.pattern.exec(tidy);
            const found = parts && moment(fieldsOf(parts, each.order), parts.slice(each.order.length + 1), written);
            if (found) {
                return found;
            }
        }
        return undefined;
    }

    function fieldsOf(parts, order) {
        return Object.fromEntries(order.map((name, i) => [name, parts[i + 1]]));
    }

    function moment(fields, time, written) {
        let year = Number(fields.year);
        if (fields.week) {
            return mondayOf(year, Number(fields.week));
        }
        if (fields.year.length === 2) {
            year += year < 69 ? 2000 : 1900;
        }
        const [day, month] = dayAndMonth(fields, written);
        const midnight = new Date(0);
        midnight.setUTCFullYear(year, month - 1, day);
        if (month < 1 || month > 12 || midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) {
            return undefined;
        }
        return withTime(Math.round(midnight.getTime() / DAY), time);
    }

    // Week 1 of ISO 8601 is the one with January 4; day 0, January 1, 1970, was a Thursday.
    function mondayOf(year, week) {
        const fourth = Math.round(new Date(0).setUTCFullYear(year, 0, 4) / DAY);
        const days = fourth - ((fourth + 3) % 7) + 7 * (week - 1);
        return week >= 1 && week <= 53 ? {days, micros: 0} : undefined;
    }

    function dayAndMonth(fields, written) {
        if (fields.first !== undefined) {
            const [first, other] = [Number(fields.first), Number(fields.other)];
            // Never turned round for a single cell: with points the day comes first, else as in the training table.
            if (fields.mark === "." || written === "day first") {
                return [first, other];
            }
            if (written === "month first") {
                return [other, first];
            }
            const isClear = first > 12 || other > 12 || first === other;
            return isClear ? (first > 12 ? [first, other] : [other, first]) : [0, 0];
        }
        const name = fields.name && fields.name.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
        const named = name && 1 + MONTHS.findIndex((names) => names.has(name));
        const month = named ?? (fields.quarter ? 3 * Number(fields.quarter) - 2 : Number(fields.month ?? 1));
        return [Number(fields.day ?? 1), month];
    }

    function withTime(days, [hours, minutes, rest, fraction, half, zone]) {
        if (hours === undefined) {
            return {days, micros: 0};
        }
        const hour = half ? (Number(hours) % 12) + (half.toLowerCase() === "p" ? 12 : 0) : Number(hours);
        if (hour > 23 || Number(minutes) > 59 || Number(rest || 0) > 59) {
            return undefined;
        }
        const micros = Number((fraction || "").padEnd(6, "0").slice(0, 6));
        const ahead = /^([-+])(\d{2}):?(\d{2})?$/.exec(zone || "");
        const offset = ahead ? Number(ahead[1] + "1") * (60 * Number(ahead[2]) + Number(ahead[3] || 0)) : 0;
        const total = ((hour * 60 + Number(minutes) - offset) * 60 + Number(rest || 0)) * 1e6 + micros;
        const shift = Math.floor(total / 864e8);
        return {days: days + shift, micros: total - shift * 864e8};
    }

    function isMissing(text, column, spellings) {
        if (text === "") {
            return true;
        }
        if (column.known.has(text)) {
            return false;
        }
        const usual = column.dtype === "text" ? spellings.always : spellings.among;
        return usual.has(text.toLowerCase()) || column.missing_values.includes(text);
    }

    // The value of a cell; null is missing, undefined cannot be read.
    function read(raw, column, spellings) {
        const text = (raw ?? "").trim();
        if (isMissing(text, column, spellings)) {
            return null;
        }
        if (column.dtype === "integer" || column.dtype === "decimal") {
            const value = number(text, column.written);
            return Number.isNaN(value) ? null : value;
        }
        if (column.dtype === "date") {
            return date(text, column.written);
        }
        if (column.dtype === "boolean") {
            const word = text.toLowerCase();
            return word === "true" ? true : word === "false" ? false : undefined;
        }
        const alike = column.known.size && !column.known.has(text) ? column.alike.get(key(text)) : undefined;
        return alike !== undefined && alike.length === 1 ? alike[0] : text;
    }

    // Labels that differ only by case, Unicode form or spaces are one label.
    function key(text) {
        return text.normalize("NFC").split(portable.SPACES).filter(Boolean).join(" ").toUpperCase().toLowerCase();
    }

    function withSpellings(column) {
        const alike = new Map();
        for (const label of column.categories) {
            alike.set(key(label), [...(alike.get(key(label)) || []), label]);
        }
        return {...column, known: new Set(column.categories), alike};
    }

    // As the schema names it: from 1e15 on not every whole number is a float, and digits would be made up.
    function isKnown(value, column) {
        const large = typeof value === "number" && Number.isInteger(value) && Math.abs(value) >= 1e15;
        return column.known.has(large ? withPower(value) : label(value));
    }

    // As Python writes it, for levels were learned as such texts.
    function label(value) {
        if (typeof value === "string") {
            return value;
        }
        if (typeof value === "boolean") {
            return value ? "True" : "False";
        }
        if (typeof value === "number") {
            return numberLabel(value);
        }
        const day = new Date(value.days * DAY).toISOString().slice(0, -14);
        const clock = new Date(Math.floor(value.micros / 1e6) * 1000).toISOString().slice(11, 19);
        return value.micros ? `${day}T${clock}` : day;
    }

    function numberLabel(value) {
        if (Number.isInteger(value)) {
            return BigInt(value).toString();
        }
        const exponent = Number(value.toExponential().split("e")[1]);
        return exponent >= -4 && exponent < 16 ? String(value) : withPower(value);
    }

    function withPower(value) {
        if (Math.abs(value) < 1e16 && Number.isInteger(value)) {
            return `${value}.0`;
        }
        const [digitsOf, power] = value.toExponential().split("e");
        const exponent = Number(power);
        return `${digitsOf}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
    }

    Object.assign(window.portable, {cells: {read, label, number, date, isKnown, withSpellings}});
})();
