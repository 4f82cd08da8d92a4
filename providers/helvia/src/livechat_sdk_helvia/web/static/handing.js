// Transfer and invite in a window of the page. Without this script the links lead to the same form.

import { byId, page, refresh } from "./dom.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-ask]");
  const dialog = byId("ask-dialog");
  if (link && dialog) {
    event.preventDefault();
    const path = `/conversations/${page.dataset.conversation}/${link.dataset.ask}?part=ask`;
    if (!(await refresh("ask", path))) {
      location.assign(link.href);
      return;
    }
    dialog.setAttribute("aria-label", byId("ask-title").textContent);
    dialog.showModal();
    const first = dialog.querySelector("input[type=radio]:not(:disabled)");
    if (first) first.focus();
  }
  if (dialog && dialog.open && event.target.closest("[data-close-ask]")) {
    event.preventDefault();
    dialog.close();
  }
});
