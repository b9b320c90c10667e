import tseslint from "typescript-eslint";

const STRICT = {
  "@typescript-eslint/no-explicit-any": "error",
  "@typescript-eslint/no-non-null-assertion": "error",
  "@typescript-eslint/explicit-module-boundary-types": "error",
  "@typescript-eslint/restrict-template-expressions": [
    "error",
    { allowNumber: true, allowBoolean: true },
  ],
};

export default tseslint.config(
  {
    ignores: [
      "dist/",
      "build/",
      "notebooks/",
      "**/node_modules/",
      ".jupyter/",
      "families/",
      "data/",
      "figures/",
    ],
  },
  {
    files: ["src/**/*.ts", "test/**/*.ts", "bench/**/*.ts"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: "./tsconfig.test.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: STRICT,
  },
  {
    files: ["explorer/**/*.ts", "explorer/**/*.tsx"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: "./explorer/tsconfig.json",
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: STRICT,
  },
  {
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      "@typescript-eslint/no-floating-promises": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/explicit-module-boundary-types": "off",
    },
  },
);
