// My settings: listening to the sounds, and asking the browser whether it lets us show notices.

import { byId } from "./dom.js";
import { play } from "./alerts.js";

for (const button of document.querySelectorAll("[data-try]")) {
  button.hidden = false;
  button.addEventListener("click", () => play(button.dataset.try));
}

const box = byId("notices");
const state = byId("notices-state");
const words = {
  denied: "This browser does not allow them for the desk. Allow them in the settings of the browser first.",
  default: "This browser has not been asked yet.",
  granted: "This browser allows them.",
};

function show() {
  state.textContent = "Notification" in window ? words[Notification.permission] : "This browser has none.";
}

box.addEventListener("change", async () => {
  if (box.checked && "Notification" in window && Notification.permission === "default") {
    await Notification.requestPermission();
  }
  show();
});
show();
