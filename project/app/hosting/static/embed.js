// Copies the snippet of the embed page.
document.getElementById("copy").addEventListener("click", async function () {
    const snippet = document.getElementById("snippet");
    const said = document.getElementById("copied");
    try {
        await navigator.clipboard.writeText(snippet.textContent);
        said.textContent = "Copied.";
    } catch {
        window.getSelection().selectAllChildren(snippet);
        said.textContent = "Selected: copy it with Ctrl+C.";
    }
});
