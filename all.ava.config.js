// All tests, with the long campaigns at full length. The variable reaches the tests' threads, too.
process.env.FEATURE_FAMILIES_TESTS = "all";

const { default: config } = await import("./ava.config.js");

export default config;
