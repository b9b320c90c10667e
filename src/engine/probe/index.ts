/** Which devices this machine has, tried with a small product, and which way the CPU encodes. */
export * from "./probe-devices.js";
