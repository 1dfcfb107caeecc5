import js from "@eslint/js";
import globals from "globals";

const HTML =
  "Make elements from a <template> and set textContent: names and notes are people's text.";
const STYLE = "The page policy refuses style attributes: use a class.";

export default [
  { ignores: [".venv/", "dist/", "instance/", "static/vendor/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: { ecmaVersion: 2022, sourceType: "module" },
    rules: {
      "max-depth": ["error", 4],
      "max-lines": ["error", 400],
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      complexity: ["error", 15],
      eqeqeq: "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: HTML },
        { property: "outerHTML", message: HTML },
        { property: "insertAdjacentHTML", message: HTML },
        { object: "document", property: "write", message: HTML },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "CallExpression[callee.property.name='setAttribute'][arguments.0.value='style']",
          message: STYLE,
        },
      ],
    },
  },
  {
    files: ["static/js/**"],
    languageOptions: { globals: { ...globals.browser, htmx: "readonly" } },
  },
  { files: ["static/js/sw.js"], languageOptions: { globals: globals.serviceworker } },
  {
    files: ["tools/**", "tests/**", "**/*.test.js"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: { "no-console": "off" },
  },
];
