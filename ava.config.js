// A time limit here is for a test that hangs: no test may depend on how fast the machine is.
export default {
  files: ["build/test/**/*.test.js"],
  nodeArguments: ["--enable-source-maps"],
  timeout: "20m",
};
