export default {
  files: ["build/test/**/*.test.js"],
  nodeArguments: ["--enable-source-maps"],
  timeout: "3m",
};
