// Owns the operators' glance: renews itself while somebody looks.

import { renew } from "./regions.js";

const EVERY_MS = 5000;

setInterval(() => {
  if (document.visibilityState === "visible") renew();
}, EVERY_MS);
