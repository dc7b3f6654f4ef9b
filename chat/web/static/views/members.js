// What only somebody with an account sees; it is loaded when they are there.

import "./bubbles.js";
import "./bubble.js";
import "./bubble-form.js";
import "./talks.js";
import "./call.js";
import "./settings.js";
import "../parts/call-ringing.js";
