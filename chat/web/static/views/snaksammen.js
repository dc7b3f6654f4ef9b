// Talking with volunteers; it is loaded when somebody comes to it.

import "./snak.js";
import "./book.js";
import "./line.js";
import "./duty.js";
import "./coordinator.js";
import "./invitation.js";
