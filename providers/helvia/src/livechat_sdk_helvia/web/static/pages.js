// What every page beside the Inbox does beyond links and forms, which work without it.

import { page, times } from "./dom.js";
import { setUp as setUpCopy } from "./copy.js";
import { setUp as setUpDialogs } from "./dialogs.js";
import { setUp as setUpShortcuts } from "./shortcuts.js";

page.classList.add("scripted");
times();
setInterval(times, 15000);
setUpCopy();
setUpDialogs();
setUpShortcuts();
