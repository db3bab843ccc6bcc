// What whoever is logged in may do: `people.Task` in lower case. The service decides; this only spares useless buttons.

const TASKS = new Set(document.body.dataset.may.split(" "));

export function may(task) {
  return TASKS.has(task);
}

/** A paired screen, at which nobody is logged in: it shows, and asks nobody to do anything. */
export const onlyShows = document.body.dataset.role === "display";
