// --- words and appearance

function stored(name) {
  try {
    return window.localStorage.getItem("hugang." + name);
  } catch {
    return null; // private windows may refuse storage; the page works without
  }
}

function store(name, value) {
  try {
    window.localStorage.setItem("hugang." + name, value);
  } catch {
    // not remembered, nothing lost
  }
}

function firstLanguage() {
  const told = new URLSearchParams(window.location.search).get("lang");
  if (LANGS.includes(told)) return told; // from a link of our other pages
  const kept = stored("lang");
  if (LANGS.includes(kept)) return kept;
  for (const tag of navigator.languages || [navigator.language || ""]) {
    if (/^zh\b.*(hant|tw|hk|mo)/i.test(tag)) return "zh-Hant";
    if (/^zh\b/i.test(tag)) return "zh-Hans";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "zh-Hans";
}

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

function speak(next) {
  lang = next;
  document.documentElement.lang = next;
  document.title = words("app.title") + " · " + words("app.subtitle");
  for (const button of element.querySelectorAll("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === next));
  }
  showExamples();
  translate(element);
  showPosition();
  showWanted();
  for (const turn of turns) showGiven(turn);
}

// The first questions, a group for each role.
function showExamples() {
  const list = $(".hg-examples");
  list.replaceChildren();
  for (const role of new Set(props.examples.map(([one]) => one))) {
    const group = make("section", "hg-role-group");
    group.append(make("h3", "hg-role", words("role." + role)));
    for (const [one, name] of props.examples) {
      if (one !== role) continue;
      const button = make("button", "hg-example", words("example." + name));
      button.type = "button";
      button.dataset.do = "ask";
      button.dataset.question = button.textContent;
      group.append(button);
    }
    list.append(group);
  }
  $(".hg-corpus").textContent = words("hero.corpus", props.corpus);
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
