// Buttons that copy what stands beside them, such as the id of a conversation.

import { announce } from "./dom.js";

export function setUp() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https there is no clipboard: mark the text, and the usual keys copy it.
      const shown = button.parentElement.querySelector("code");
      getSelection().selectAllChildren(shown);
      announce("Marked. Copy it with the keys of your system.");
      return;
    }
    button.textContent = "Copied";
    announce("Copied.");
    setTimeout(() => {
      button.textContent = "Copy";
    }, 2000);
  });
}
