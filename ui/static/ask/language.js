// --- the language of the page, chosen by its reader

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
