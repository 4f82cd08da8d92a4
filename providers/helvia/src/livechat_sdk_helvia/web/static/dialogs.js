// Windows that a button opens, and what a page forgets when somebody signs out.

import { byId } from "./dom.js";

export function setUp() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    const dialog = opener && byId(opener.dataset.open);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    }
  });
  document.querySelector("[data-sign-out]").addEventListener("submit", () => sessionStorage.clear());
}
