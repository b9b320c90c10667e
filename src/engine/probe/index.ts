/** Which devices this machine has, tried with a small product. */
export {
  type DeviceReport,
  type ProbeOptions,
  chooseDevice,
  probeDevices,
  seesGpu,
} from "./probe-devices.js";
