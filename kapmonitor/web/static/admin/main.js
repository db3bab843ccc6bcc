// The page of whoever sets things up and looks that all is well. Each section has a file of its own: a `node` to
// show, and `ask()`, which asks the service how things stand. A new section is one line in SECTIONS.

import { may } from "../may.js";
import { notice } from "../notice.js";
import { Shell } from "../shell.js";
import { Audit } from "./audit.js";
import { Day } from "./day.js";
import { Devices } from "./devices.js";
import { Displays } from "./displays.js";
import { Limits } from "./limits.js";
import { Pagers } from "./pagers.js";
import { People } from "./people.js";
import { Rooms } from "./rooms.js";
import { Service } from "./service.js";

const SECTIONS = [Day, Pagers, Devices, Rooms, Service, Limits, ...(may("administer") ? [People, Displays, Audit] : [])];
const AGAIN_MS = 2000;

const sections = SECTIONS.map((Section) => new Section(notice));
document.getElementById("main").append(...sections.map((section) => section.node));
const shell = new Shell((picture) => sections.forEach((section) => section.picture?.(picture)));
const ask = () => sections.forEach((section) => section.ask());
setInterval(() => shell.link.live && ask(), AGAIN_MS);
ask();
