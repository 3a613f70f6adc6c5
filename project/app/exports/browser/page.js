// What the page does: it unpacks the model, then follows the form, the threshold and the files.
(function () {
    "use strict";
    const {element} = portable;
    const at = (id) => document.getElementById(id);

    async function start() {
        const content = JSON.parse(at("content").textContent);
        const model = portable.scoring.ready(await portable.unpacked(content, at("arrays").textContent));
        portable.model = model;
        const slider = at("threshold");
        slider.value = model.threshold;
        const first = slider.value;
        // The slider rounds to its steps, which would move a threshold that nobody moved.
        const threshold = () => (slider.value === first ? model.threshold : Number(slider.value));
        const showOne = portable.form.build(model, threshold);
        const showMany = followFiles(model, threshold);
        if (model.task === "binary") {
            followThreshold(model, threshold, () => {
                showOne();
                showMany();
            });
        }
        document.documentElement.dataset.ready = "yes";
    }

    function followThreshold(model, threshold, changed) {
        const say = () => {
            at("threshold-says").textContent = wording.percent(threshold());
        };
        at("positive").textContent = model.classes[1];
        at("cut").hidden = false;
        at("threshold").addEventListener("input", () => {
            say();
            changed();
        });
        say();
    }

    function followFiles(model, threshold) {
        let shown = null;
        let control = null;
        let address = null;

        function show() {
            if (!shown) {
                return;
            }
            const {table, scorer, results, withReasons, name} = shown;
            const download = element("button", {type: "button"}, "Download the predictions as CSV");
            download.addEventListener("click", () => {
                const file = portable.table.fileOf(model, table, results, threshold(), withReasons);
                URL.revokeObjectURL(address);
                address = URL.createObjectURL(file);
                element("a", {href: address, download: `${name.replace(/\.[^.]*$/, "")}-predicted.csv`}).click();
            });
            at("many").replaceChildren(
                element("p", {className: "answer"}, portable.table.counts(model, results, threshold())),
                ...portable.table.remarks(scorer),
                element("div", {className: "actions"}, download),
                portable.table.preview(model, table, results, threshold(), withReasons),
                ...portable.table.unscorable(scorer),
            );
        }

        async function take(file) {
            if (control) {
                control.cancelled = true;
            }
            const mine = {cancelled: false, progress: (share) => (at("progress").value = share)};
            control = mine;
            at("working").hidden = false;
            at("progress").removeAttribute("value");
            at("many").replaceChildren();
            shown = null;
            try {
                const table = await portable.table.read(file, model);
                const withReasons = at("with-reasons").checked;
                const options = {withReasons, unreadableAsMissing: at("unreadable-as-missing").checked};
                const found = await portable.table.scored(model, table, options, mine);
                if (mine.cancelled) {
                    return;
                }
                shown = {table, withReasons, name: file.name, ...found};
                show();
            } catch (error) {
                at("many").replaceChildren(element("p", {className: "message problem", role: "alert"}, error.message));
            } finally {
                if (control === mine) {
                    at("working").hidden = true;
                }
            }
        }

        let last = null;
        const takeAny = (file) => {
            if (file) {
                last = file;
                take(file);
            }
        };
        at("file").addEventListener("change", (event) => {
            takeAny(event.target.files[0]);
            event.target.value = "";
        });
        for (const id of ["with-reasons", "unreadable-as-missing"]) {
            at(id).addEventListener("change", () => takeAny(last));
        }
        at("cancel").addEventListener("click", () => {
            control.cancelled = true;
            at("many").replaceChildren(element("p", {className: "message"}, "Cancelled. Choose the file again to score it."));
        });
        // Dropped beside the frame, a file would replace the page.
        for (const kind of ["dragover", "drop"]) {
            document.addEventListener(kind, (event) => {
                event.preventDefault();
                at("drop").classList.toggle("over", kind === "dragover");
            });
        }
        document.addEventListener("drop", (event) => takeAny(event.dataTransfer.files[0]));
        document.addEventListener("dragleave", () => at("drop").classList.remove("over"));
        return show;
    }

    start().catch((error) => {
        at("broken").textContent = `This file cannot be used: ${error.message}. Use a current browser, or make the file again.`;
        at("broken").hidden = false;
    });
})();
