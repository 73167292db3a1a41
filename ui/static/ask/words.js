// --- words and appearance

function words(key, values) {
  const text = (STRINGS[lang] && STRINGS[lang][key]) || key;
  return text.replace(/\{(\w+)\}/g, (whole, name) =>
    values && name in values ? String(values[name]) : whole,
  );
}

function valuesOf(node) {
  return node.dataset.a ? JSON.parse(node.dataset.a) : null;
}

function translate(root) {
  for (const node of root.querySelectorAll("[data-t]")) {
    node.textContent = words(node.dataset.t, valuesOf(node));
  }
  for (const node of root.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", words(node.dataset.tLabel, valuesOf(node)));
    if (node.classList.contains("hg-tool")) node.title = node.getAttribute("aria-label");
  }
  for (const node of root.querySelectorAll("[data-t-placeholder]")) {
    node.placeholder = words(node.dataset.tPlaceholder);
  }
  for (const link of root.querySelectorAll("[data-page]")) {
    const query = link.dataset.query ? link.dataset.query + "&" : "";
    link.href = link.dataset.page + "?" + query + "lang=" + lang + (link.dataset.place || "");
  }
}

function darken(dark) {
  document.body.classList.toggle("dark", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
}

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text; // never as HTML: it may be anyone's text
  return node;
}

// A word of the interface, by its key; it follows the language.
function makeWord(tag, key) {
  const node = make(tag, "", words(key));
  node.dataset.t = key;
  return node;
}

function nameBy(node, key, values) {
  node.dataset.tLabel = key;
  if (values) node.dataset.a = JSON.stringify(values);
  node.setAttribute("aria-label", words(key, values));
}

// A button that shows a drawing only; its name follows the language.
function iconButton(action, key, path, values) {
  const button = make("button", "hg-tool");
  button.type = "button";
  button.dataset.do = action;
  nameBy(button, key, values);
  button.title = button.getAttribute("aria-label");
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 20 20");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  drawing.append(line);
  button.append(drawing);
  return button;
}
