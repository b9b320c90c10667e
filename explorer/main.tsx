import { render } from "preact";
import { App } from "./app.js";
import { openSource } from "./source/open-source.js";
import { loadAtlas } from "./state/atlas-state.js";
import "./styles.css";

const root = document.querySelector("#app");
if (root) {
  loadAtlas(openSource()).then(
    () => {
      root.replaceChildren();
      render(<App />, root);
    },
    (error: unknown) => {
      const message = document.createElement("p");
      message.className = "problem waiting";
      message.textContent = `The atlas could not be read: ${String(error)}`;
      root.replaceChildren(message);
    },
  );
}
