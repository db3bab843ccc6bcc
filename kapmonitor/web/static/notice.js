// One line about what was just done, or why it was not, for some seconds.

import { setText } from "./dom.js";

const SHOWN_MS = 8000;
let timer;

export function notice(words) {
  const node = document.getElementById("notice");
  setText(node, words);
  node.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (node.hidden = true), SHOWN_MS);
}
