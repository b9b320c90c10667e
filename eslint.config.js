import ts from "typescript";
import tseslint from "typescript-eslint";

/**
 * Refuses `table[key]` and `key in table` where the key is any string and the table begins as an object literal, here or where it
 * is imported from, or takes any string by its type, as what was parsed from data does: the key may be `constructor`, which
 * every object inherits, or `__proto__`. Where `Object.hasOwn(table, key)` was asked the key is the table's own.
 */
const ownKeys = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      inherited:
        "a key that is any string may be an inherited one, such as `constructor`: use a Map, ownValue or Object.fromEntries",
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const isAnyString = (node) => {
      const type = services.getTypeAtLocation(node);
      const parts = type.isUnion() ? type.types : [type];
      return parts.some(({ flags }) => (flags & ts.TypeFlags.String) !== 0);
    };
    const isLiteral = (node) => {
      let symbol = services.getSymbolAtLocation(node);
      if (symbol && (symbol.flags & ts.SymbolFlags.Alias) !== 0) {
        symbol = services.program.getTypeChecker().getAliasedSymbol(symbol);
      }
      let value = symbol?.valueDeclaration?.initializer;
      while (value && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) {
        value = value.expression;
      }
      return value !== undefined && ts.isObjectLiteralExpression(value);
    };
    const isNullObject = (node) => {
      const made = services.getSymbolAtLocation(node)?.valueDeclaration?.initializer;
      return made?.getText().startsWith("Object.create(null)") === true;
    };
    const takesAnyString = (node) => {
      const type = services.getTypeAtLocation(node);
      const parts = type.isUnion() ? type.types : [type];
      return parts.some((part) => part.getStringIndexType() !== undefined);
    };
    const text = (node) => context.sourceCode.getText(node);
    const isGuarded = (node, table, key) => {
      const guard = `Object.hasOwn(${text(table)}, ${text(key)})`;
      for (let at = node; at.parent; at = at.parent) {
        const { type, test, left, right, consequent } = at.parent;
        const asked =
          type === "LogicalExpression" && right === at ? left : consequent === at && test;
        if (asked && text(asked).includes(guard)) return true;
      }
      return false;
    };
    const check = (node, table, key) => {
      if (!isAnyString(key) || isGuarded(node, table, key)) return;
      if (isLiteral(table) || (takesAnyString(table) && !isNullObject(table))) {
        context.report({ node, messageId: "inherited" });
      }
    };
    return {
      "MemberExpression[computed=true]"(node) {
        // To delete a key that is inherited does nothing.
        if (node.parent.operator !== "delete") check(node, node.object, node.property);
      },
      "BinaryExpression[operator='in']"(node) {
        check(node, node.right, node.left);
      },
    };
  },
};

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
    files: ["src/**/*.ts", "explorer/**/*.ts", "explorer/**/*.tsx"],
    plugins: { project: { rules: { "own-keys": ownKeys } } },
    rules: { "project/own-keys": "error" },
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
