// What can be done from the room itself. The service decides who may.

import { command } from "../api.js";

export const callHelp = (room) => command(`rooms/${room}/help`, {});
/** `who`: `{user, pin}`, at a screen where nobody is logged in. */
export const sayHere = (room, seat, who = {}) => command(`rooms/${room}/here`, { seat, ...who });
export const logEvent = (room, seat, event) => command(`rooms/${room}/events`, { seat, ...event });
