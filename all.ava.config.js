import config from "./ava.config.js";

/** All tests, with the long campaigns at full length. */
export default {
  ...config,
  environmentVariables: { ...config.environmentVariables, FEATURE_FAMILIES_TESTS: "all" },
};
