/** Which devices this machine has, tried with a small product, and which way the CPU encodes. */
export {
  type DeviceReport,
  type ProbeOptions,
  chooseDevice,
  describeEncoding,
  probeDevices,
  seesGpu,
} from "./probe-devices.js";
