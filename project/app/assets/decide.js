// What follows from a threshold: how many rows it names, how many of those are right, and what acting on them gains.
(function () {
    "use strict";
    const keep = () => window.dash_clientside.no_update;
    const STEPS = 1000;
    const Z = 1.959964;
    // wording.js is loaded after this file.
    const number = (value) => window.wording.number(value);
    const whole = (value) => window.wording.number(Math.round(value));

    // E. Wilson (1927)
    function wilson(hits, rows) {
        const share = hits / rows;
        const z = (Z * Z) / rows;
        const middle = (share + z / 2) / (1 + z);
        const half = Math.sqrt(z * share * (1 - share) + (z * z) / 4) / (1 + z);
        return [Math.max(0, middle - half), Math.min(1, middle + half)];
    }

    // The interval of `gain` for each of `gained` rows less `loss` for each of `lost` rows, a row, from the intervals
    // of both shares, which exclude each other: G. Zou, A. Donner (2008).
    function gainInterval(gained, gain, lost, loss, rows) {
        const [p, q] = [gained / rows, lost / rows];
        const [[pLow, pHigh], [qLow, qHigh]] = [wilson(gained, rows), wilson(lost, rows)];
        const together = p && q ? -Math.sqrt((p * q) / ((1 - p) * (1 - q))) || 0 : 0;
        const distance = (a, b) => Math.sqrt(Math.max(0, a * a + b * b - 2 * together * a * b));
        const middle = gain * p - loss * q;
        return [
            middle - distance(gain * (p - pLow), loss * (qHigh - q)),
            middle + distance(gain * (pHigh - p), loss * (q - qLow)),
        ];
    }

    // A gain with what it may be: '120 (90 to 150)'.
    function withBand(gained, gain, lost, loss, rows, per) {
        const [low, high] = gainInterval(gained, gain, lost, loss, rows).map((value) => value * per);
        const middle = ((gained * gain - lost * loss) / rows) * per;
        const write = (value) => (Math.abs(value) < 10 ? number(Number(value.toFixed(2))) : whole(value));
        return `${write(middle)} (${write(low)} to ${write(high)})`;
    }

    const isGiven = (value) => value !== "" && value !== null && value !== undefined;

    function finds(data, tp, fp, capacity, per) {
        const rows = data.positives + data.negatives;
        const [negative, positive] = data.classes;
        const named = tp + fp;
        const flagged = whole((named / rows) * per);
        if (!named) {
            return `No row reaches this threshold: nothing would be done, and every ${positive} missed.`;
        }
        const [low, high] = wilson(tp, named).map((share) => whole((share * named * per) / rows));
        const right = whole((tp / rows) * per);
        const most = isGiven(capacity) ? Number(capacity) : Infinity;
        const tooMany = (named / rows) * per >= most + 0.5 ? ` You can act on only ${whole(most)}.` : "";
        const of = data.positives ? window.wording.percent(tp / data.positives) : "–";
        return (
            `Of ${whole(per)} rows like these, ${flagged} reach the threshold. About ${right} of them (${low} to ${high}) are ` +
            `${positive}, the others ${negative}. That finds ${of} of all ${positive}.${tooMany}`
        );
    }

    function gains(data, tp, fp, alarm, miss, per) {
        const rows = data.positives + data.negatives;
        const none = (hits, alarms) => withBand(hits, miss, alarms, alarm, rows, per);
        if (!(tp + fp)) {
            return `Acting on all of them would gain ${none(data.positives, data.negatives)} against doing nothing.`;
        }
        const all = withBand(data.negatives - fp, alarm, data.positives - tp, miss, rows, per);
        const more = tp + fp < rows ? `, and ${all} against acting on all of them` : "";
        return `In these ${whole(per)} rows, that gains ${none(tp, fp)} against doing nothing${more}.`;
    }

    function say(id, text) {
        const element = document.getElementById(id);
        if (element && element.textContent !== text) {
            element.textContent = text;
        }
    }

    // Called whenever the threshold or one of the amounts changes.
    window.decide = {
        says: function (data, k, alarm, miss, capacity, per) {
            const among = Number(per) > 0 ? Number(per) : data.positives + data.negatives;
            say("decide-finds", finds(data, data.tp[k], data.fp[k], capacity, among));
            say("decide-gains", gains(data, data.tp[k], data.fp[k], alarm, miss, among));
        },

        // What the address keeps.
        amounts: (data, capacity, per) => ({
            capacity: isGiven(capacity) ? capacity : null,
            per: Number(per) > 0 && Number(per) !== data.positives + data.negatives ? per : null,
        }),
    };

    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.decide = {
        // The lowest threshold that names no more rows than one can act on, or the highest that names any.
        fitting: function (clicks, capacity, per, data) {
            const rows = data.positives + data.negatives;
            const most = (Number(capacity) / (Number(per) || rows)) * rows;
            if (!clicks || !isGiven(capacity)) {
                return keep();
            }
            const named = (k) => data.tp[k] + data.fp[k];
            let k = 0;
            while (k < STEPS && named(k) > most) {
                k += 1;
            }
            // Where all at the top have the same probability, any of them may be acted on.
            while (k > 0 && !named(k) && most > 0) {
                k -= 1;
            }
            return k / STEPS;
        },
    };
})();
