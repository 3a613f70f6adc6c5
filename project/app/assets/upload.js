// Uploads a dropped or chosen table in parts that survive a lost connection, and opens it.
//
// The page provides: #upload (the zone, with data-max-bytes), #upload-button (opens the file dialog) and
// #upload-status (where progress and refusals are shown). Dash may render them late and at any time again, so
// events are handled at the document, and elements are looked up when they are used.
(function () {
  "use strict";

  const REMEMBERED = "dashboard-upload";
  const ACCEPTED =
    ".csv,.tsv,.tab,.txt,.gz,.zip,.parquet,.pq,.xlsx,.xlsm,.xls,.xlsb,.ods";
  const PAUSES = [1, 2, 4, 8, 15]; // seconds before each further attempt; the last one is repeated
  const PATIENCE = 5 * 60 * 1000;
  const SILENCE = 30 * 1000;
  const BUSY = [429, 502, 503, 504];
  const RECONNECTING = "Connection lost, trying again…";

  let current = null;

  // A final refusal by the server or the browser; the message is a sentence for the user.
  class Refused extends Error {}
  // No answer for a long time; parts that have arrived are kept for the next attempt.
  class Unreachable extends Refused {}
  // Worth another attempt; the message is shown meanwhile.
  class Interrupted extends Error {}
  class Cancelled extends Error {}

  // ---- Requests

  function send(job, method, url, body, { watched = false, onSent } = {}) {
    return new Promise(function (resolve, reject) {
      const request = new XMLHttpRequest();
      let alarm = null;
      function heard() {
        clearTimeout(alarm);
        if (watched) alarm = setTimeout(() => request.abort(), SILENCE);
      }
      request.open(method, url);
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = function (event) {
        heard();
        if (onSent) onSent(event.loaded);
      };
      request.onload = () => resolve(answerOf(request));
      request.onerror = () => reject(new Interrupted(RECONNECTING));
      request.onabort = () =>
        reject(job.cancelled ? new Cancelled() : new Interrupted(RECONNECTING));
      request.onloadend = () => clearTimeout(alarm);
      job.request = request;
      heard();
      if (body instanceof ArrayBuffer) {
        request.setRequestHeader("Content-Type", "application/octet-stream");
        request.send(body);
      } else if (body) {
        request.setRequestHeader("Content-Type", "application/json");
        request.send(JSON.stringify(body));
      } else {
        request.send();
      }
    });
  }

  function answerOf(request) {
    const told = {
      status: request.status,
      wait: 1000 * Number(request.getResponseHeader("Retry-After") || 0),
    };
    try {
      return { ...told, ...JSON.parse(request.responseText) };
    } catch {
      return told;
    }
  }

  // Repeat the request until there is an answer, within PATIENCE.
  async function ask(job, method, url, body, options) {
    let lostAt = null;
    for (let attempt = 0; ; attempt += 1) {
      if (job.cancelled) throw new Cancelled();
      try {
        const answer = await send(job, method, url, body, options);
        // What takes longer than anybody waits before a page is a refusal, which says so.
        if (BUSY.includes(answer.status) && answer.wait < PATIENCE)
          throw new Interrupted(answer.error || RECONNECTING);
        return answer;
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        lostAt = lostAt || Date.now();
        if (Date.now() - lostAt > PATIENCE)
          throw new Unreachable(
            "The server cannot be reached. Check the connection, then choose the same file again: " +
              "parts that have arrived are not sent again.",
          );
        show(job, error.message);
        await pause(job, PAUSES[Math.min(attempt, PAUSES.length - 1)]);
      }
    }
  }

  function pause(job, seconds) {
    return new Promise(function (resolve) {
      function done() {
        clearTimeout(timer);
        window.removeEventListener("online", done);
        resolve();
      }
      const timer = setTimeout(done, seconds * 1000);
      window.addEventListener("online", done);
      job.wake = done;
    });
  }

  function checked(answer) {
    if (answer.status < 300) return answer;
    throw new Refused(
      answer.error ||
        "The server did not accept the file. Reload the page and try again.",
    );
  }

  // ---- One upload

  function describe(file) {
    return [file.name, file.size, file.lastModified].join("|");
  }

  function remember(job) {
    const value = JSON.stringify({ file: describe(job.file), id: job.id });
    localStorage.setItem(REMEMBERED, value);
  }

  function rememberedId(file) {
    try {
      const { file: known, id } = JSON.parse(localStorage.getItem(REMEMBERED));
      return known === describe(file) ? id : null;
    } catch {
      return null;
    }
  }

  async function begin(job) {
    const known = rememberedId(job.file);
    if (known) {
      const answer = await ask(job, "GET", address.of(`/api/uploads/${known}`));
      if (answer.status === 200) return answer;
    }
    const { name, size } = job.file;
    const zone = document.getElementById("upload");
    const purpose = zone ? zone.dataset.purpose : undefined;
    const asked = { name, size, purpose };
    return checked(await ask(job, "POST", address.of("/api/uploads"), asked));
  }

  async function sendPart(job, upload, number) {
    const start = number * upload.part_bytes;
    const part = job.file.slice(start, start + upload.part_bytes);
    let bytes;
    try {
      bytes = await part.arrayBuffer();
    } catch {
      throw new Refused(
        "The file can no longer be read: it was changed, moved or deleted. Choose it again.",
      );
    }
    const before = job.sent;
    const url = address.of(`/api/uploads/${upload.id}/parts/${number}`);
    const onSent = function (loaded) {
      job.sent = before + Math.min(loaded, bytes.byteLength);
      show(job, "Uploading…");
    };
    const answer = await ask(job, "PUT", url, bytes, { watched: true, onSent });
    checked(answer);
    job.sent = before + bytes.byteLength;
    show(job, "Uploading…");
  }

  async function transfer(job) {
    show(job, "Uploading…");
    const upload = await begin(job);
    job.id = upload.id;
    remember(job);
    const missing = upload.missing.map((number) =>
      Math.min(
        upload.part_bytes,
        job.file.size - number * upload.part_bytes,
      ),
    );
    job.sent = job.file.size - missing.reduce((sum, size) => sum + size, 0);
    for (const number of upload.missing) await sendPart(job, upload, number);
    show(job, "Reading the table…");
    const done = await ask(job, "POST", address.of(`/api/uploads/${upload.id}/finish`));
    localStorage.removeItem(REMEMBERED);
    return checked(done).dataset;
  }

  async function start(file) {
    if (current) cancel();
    const job = { file, id: null, sent: 0, cancelled: false };
    current = job;
    try {
      refuseTooLarge(file);
      const dataset = await transfer(job);
      if (job.cancelled) return;
      open(job, dataset);
    } catch (error) {
      if (error instanceof Cancelled) return;
      current = null;
      if (!(error instanceof Unreachable)) localStorage.removeItem(REMEMBERED);
      fail(
        error instanceof Refused
          ? error.message
          : "The upload failed. Reload the page and try again.",
      );
    }
  }

  // A report takes the table itself; else it is opened in Data.
  function open(job, dataset) {
    const detail = { dataset, name: job.file.name };
    const done = new CustomEvent("table-uploaded", { detail, cancelable: true });
    if (document.dispatchEvent(done)) {
      location.assign(
        address.of("/") + `?dataset=${encodeURIComponent(dataset)}`,
      );
      return;
    }
    current = null;
    document.getElementById("upload-status").replaceChildren();
  }

  function refuseTooLarge(file) {
    const zone = document.getElementById("upload");
    const limit = zone ? Number(zone.dataset.maxBytes) : 0;
    if (!limit || file.size <= limit) return;
    const megabytes = (bytes) => Math.round(bytes / 1024 ** 2);
    throw new Refused(
      `'${file.name}' has ${megabytes(file.size)} MB, but at most ${megabytes(limit)} MB can be uploaded. ` +
        "Leave out rows or columns, or save it as Parquet, which is smaller.",
    );
  }

  function cancel() {
    const job = current;
    current = null;
    job.cancelled = true;
    if (job.request) job.request.abort();
    if (job.wake) job.wake();
    localStorage.removeItem(REMEMBERED);
    if (job.id) fetch(address.of(`/api/uploads/${job.id}`), { method: "DELETE" });
    say("upload-message", "status", "The upload was cancelled.");
    const button = document.getElementById("upload-button");
    if (button) button.focus();
  }

  // ---- What the user sees

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function progressView(name) {
    return element(
      "div",
      { class: "upload-progress" },
      element(
        "div",
        { class: "upload-line" },
        element("span", { class: "upload-name" }, name),
        element("span", { class: "upload-percent", "aria-hidden": "true" }),
        element(
          "button",
          { type: "button", class: "upload-cancel" },
          "Cancel",
        ),
      ),
      element(
        "div",
        {
          role: "progressbar",
          "aria-label": `Upload of ${name}`,
          "aria-valuemin": "0",
          "aria-valuemax": "100",
        },
        element("div", { class: "upload-bar" }),
      ),
      element("div", { class: "upload-message" }),
    );
  }

  function show(job, message) {
    const status = document.getElementById("upload-status");
    if (!status || job !== current) return;
    if (!status.querySelector(".upload-progress"))
      status.replaceChildren(progressView(job.file.name));
    const percent = Math.floor((100 * job.sent) / Math.max(1, job.file.size));
    const bar = status.querySelector("[role=progressbar]");
    bar.setAttribute("aria-valuenow", String(percent));
    bar.firstChild.style.width = `${percent}%`;
    status.querySelector(".upload-percent").textContent = `${percent} %`;
    const line = status.querySelector(".upload-message");
    // Set only when it changes: the region is live, and a screen reader reads every change.
    if (line.textContent !== message) line.textContent = message;
  }

  function say(kind, role, sentence) {
    const status = document.getElementById("upload-status");
    if (status)
      status.replaceChildren(element("div", { class: kind, role }, sentence));
  }

  function fail(sentence) {
    say("upload-error", "alert", sentence);
  }

  // ---- Events

  function take(files) {
    if (files.length === 1) start(files[0]);
    else if (files.length > 1) fail("Choose one file at a time.");
  }

  function zoneOf(event) {
    return event.target instanceof Element
      ? event.target.closest("#upload")
      : null;
  }

  function carriesFiles(event) {
    return event.dataTransfer && event.dataTransfer.types.includes("Files");
  }

  function holdsFolder(transfer) {
    return Array.from(transfer.items).some(function (item) {
      const entry = item.webkitGetAsEntry && item.webkitGetAsEntry();
      return entry && entry.isDirectory;
    });
  }

  function fileInput() {
    const known = document.getElementById("upload-file");
    if (known) return known;
    const made = element("input", {
      type: "file",
      id: "upload-file",
      accept: ACCEPTED,
      hidden: "",
      "aria-label": "Table to upload",
    });
    document.body.append(made);
    return made;
  }

  document.addEventListener("click", function (event) {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest(".upload-cancel") && current) cancel();
    else if (event.target.closest("#upload-button")) fileInput().click();
  });

  document.addEventListener("change", function (event) {
    if (event.target.id !== "upload-file") return;
    const files = Array.from(event.target.files);
    event.target.value = ""; // so that the same file can be chosen again
    take(files);
  });

  document.addEventListener("dragover", function (event) {
    if (!carriesFiles(event)) return;
    // Otherwise the browser would open a file that missed the zone, and leave the page.
    event.preventDefault();
    const zone = zoneOf(event);
    event.dataTransfer.dropEffect = zone ? "copy" : "none";
    if (zone) zone.setAttribute("data-dragging", "");
  });

  document.addEventListener("dragleave", function (event) {
    const zone = zoneOf(event);
    if (zone && !zone.contains(event.relatedTarget))
      zone.removeAttribute("data-dragging");
  });

  document.addEventListener("drop", function (event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const zone = zoneOf(event);
    if (!zone) return;
    zone.removeAttribute("data-dragging");
    if (holdsFolder(event.dataTransfer))
      fail("This is a folder. Choose a single file with a table.");
    else take(Array.from(event.dataTransfer.files));
  });
})();
