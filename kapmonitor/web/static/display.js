// A screen that waits to be paired. It imports nothing: this is all that a browser gets before it is known.

const ASK_MS = 2000;
const AGAIN_MS = 20000;

const code = document.getElementById("code");
const problem = document.getElementById("problem");
let endsMs = 0;

async function answer(method) {
  const found = await fetch("/api/v1/pairing", { method });
  const said = await found.json();
  if (!found.ok) throw new Error(said.detail);
  return said;
}

/** The code, a new one where it has run out; then the page, as soon as somebody has typed the code in. */
async function ask() {
  if (Date.now() > endsMs) {
    const said = await answer("POST");
    code.textContent = said.code;
    endsMs = Date.now() + said.seconds * 1000;
  }
  const { paired, page } = await answer("GET");
  if (paired) location.replace(page);
}

async function run() {
  let waitMs = ASK_MS;
  try {
    await ask();
    problem.textContent = "";
  } catch (failure) {
    problem.textContent = `${document.querySelector("main").dataset.problem} ${failure.message}`;
    waitMs = AGAIN_MS;
  }
  setTimeout(run, waitMs);
}

run();
