// Sentences that come from the service (alarms, advice, what is to be done) in the language of this page. The
// service speaks English, in the record and to the pagers, too; its sentences are the keys here. What is not in
// the book stays as the service said it: nothing is ever left out.

import { language } from "./language.js";
import spanish from "./texts/service.es.js";
import leaving from "./texts/service.leaving.es.js";

const BOOKS = { es: { ...leaving, ...spanish } };
const HOLE = /\{\d\}/;
const KEPT = 500;

const book = BOOKS[language] ?? {};
const patterns = Object.keys(book).filter((key) => HOLE.test(key)).map(compiled);
const done = new Map();

function compiled(key) {
  const parts = key.split(HOLE);
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return { shape: new RegExp(`^${escaped.join("(.+?)")}$`), to: book[key], joins: parts.join("").length < 6 };
}

/** `sentence` in the language of this page. */
export function said(sentence) {
  if (!sentence || !patterns.length) return sentence ?? "";
  if (!done.has(sentence)) {
    if (done.size >= KEPT) done.clear();
    done.set(sentence, translated(sentence) ?? eachOf(sentence) ?? sentence);
  }
  return done.get(sentence);
}

/** Several sentences one after the other; undefined where it is one. */
function eachOf(sentence) {
  const parts = sentence.split(/(?<=\.) (?=[A-Z])/);
  return parts.length > 1 ? parts.map((part) => translated(part) ?? part).join(" ") : undefined;
}

/** undefined where the book has nothing for it. What only joins two parts counts where the first is known. */
function translated(sentence) {
  if (book[sentence] !== undefined) return book[sentence];
  for (const { shape, to, joins } of patterns) {
    const found = shape.exec(sentence);
    if (!found) continue;
    const parts = found.slice(1).map((part) => translated(part) ?? eachOf(part));
    if (joins && parts[0] === undefined) continue;
    return to.replace(/\{(\d)\}/g, (_, n) => parts[n] ?? found[Number(n) + 1]);
  }
  return undefined;
}
