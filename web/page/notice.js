// One message above the results: an error with its way out, or a friendly word when there is nothing to show.

const box = document.getElementById("notice");

/**
 * @param {object} notice
 * @param {string} notice.title
 * @param {string} [notice.text]
 * @param {string[]} [notice.code] commands to show
 * @param {"quiet"|"error"} [notice.kind]
 * @param {{label: string, run: () => void}} [notice.action]
 */
export function showNotice({ title, text, code = [], kind = "quiet", action }) {
  const parts = [element("strong", title)];
  if (text) parts.push(element("p", text));
  if (code.length > 0) {
    const commands = element("pre", code.join("\n"));
    commands.tabIndex = 0; // it may need scrolling sideways
    parts.push(commands);
  }
  if (action) {
    const button = element("button", action.label);
    button.type = "button";
    button.className = "act";
    button.addEventListener("click", action.run);
    parts.push(button);
  }
  box.className = `notice ${kind}`;
  box.replaceChildren(...parts);
  box.hidden = false;
}

export function hideNotice() {
  box.hidden = true;
  box.replaceChildren();
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
