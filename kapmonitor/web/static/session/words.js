// The words of this page, beside those that all pages share.

import english from "../texts/session.en.js";
import { learn } from "../texts.js";

learn(english);
