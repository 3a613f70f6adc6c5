// Copies the snippet of the embed page, with the origin as the browser sees it: a proxy may hide it from the server.
const shown = document.getElementById("snippet");
shown.textContent = shown.textContent.replaceAll(shown.dataset.origin, window.location.origin);

document.getElementById("copy").addEventListener("click", async function () {
    const said = document.getElementById("copied");
    try {
        await navigator.clipboard.writeText(shown.textContent);
        said.textContent = "Copied.";
    } catch {
        window.getSelection().selectAllChildren(shown);
        said.textContent = "Selected: copy it with Ctrl+C.";
    }
});
