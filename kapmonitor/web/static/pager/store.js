// What this phone keeps: its own key, which pager it is, and that pager's box, on the disk before `save` is done.

const IDENTITY = "kap-pager";

/** `{key, pager}`; the key is only ever known to this browser and the service. */
export function identity() {
  const known = JSON.parse(localStorage.getItem(IDENTITY) ?? "null");
  return known ?? remember({ key: newKey(), pager: "" });
}

export function remember(who) {
  localStorage.setItem(IDENTITY, JSON.stringify(who));
  return who;
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("kap-pager", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("boxes");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function inStore(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction("boxes", mode, { durability: "strict" });
      const request = work(transaction.objectStore("boxes"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const load = (pager) => inStore("readonly", (boxes) => boxes.get(pager));
export const save = (pager, box) => inStore("readwrite", (boxes) => boxes.put(box, pager));
export const drop = (pager) => inStore("readwrite", (boxes) => boxes.delete(pager));
