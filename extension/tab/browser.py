"""What the page does in the browser by itself: it comes up to date in front, and has keys for what is to be read."""

# When the browser's window comes back to the front, press the button that nobody sees. While the review is on the page
# and nobody is typing, 1, 2 and 3 are its buttons; Enter in the sentence keeps it, and then the keys are back.
SCRIPT = """() => {
  const at = id => document.getElementById(id);
  const edit = () => {
    const field = at("cefr-write-edit")?.querySelector("textarea, input");
    field?.focus();
    field?.select();
  };
  window.addEventListener("focus", () => at("cefr-refresh")?.click());
  document.addEventListener("click", event => event.target.closest?.("#cefr-write-change") && edit());
  document.addEventListener("keydown", event => {
    const target = event.target;
    if (target.closest?.("#cefr-write-edit") && (event.key === "Enter" || event.key === "Escape"))
      setTimeout(() => target.blur());
    if (event.ctrlKey || event.altKey || event.metaKey || target.isContentEditable) return;
    if (target.matches?.("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    const button = at({1: "cefr-write-keep", 2: "cefr-write-change", 3: "cefr-write-redo"}[event.key]);
    if (!button?.offsetParent) return;
    event.preventDefault();
    button.click();
  });
}"""
