// The messages of a conversation, as the agent sees them.

import { page } from "./dom.js";
import { reader } from "./lines.js";

export { insert, lastSeq, receipts, toEnd } from "./lines.js";

const tell = reader("end-user", `/conversations/${page.dataset.conversation}/read`);

/** Tell the desk that what the page shows was read: by its owner, not by a colleague who looks in. */
export function tellRead() {
  if (page.dataset.mine === "yes") tell();
}
