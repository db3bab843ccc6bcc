// What can be done from the room itself. The service decides who may.

import { command } from "../api.js";

export const callHelp = (room) => command(`rooms/${room}/help`, {});
export const sayHere = (room, seat) => command(`rooms/${room}/here`, { seat });
export const logEvent = (room, seat, event) => command(`rooms/${room}/events`, { seat, ...event });
