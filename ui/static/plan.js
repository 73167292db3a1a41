// The plan follows the form as it is filled in: the newest answer wins, the address can be shared.
(() => {
  const form = document.querySelector(".hg-plan-form");
  const result = document.getElementById("result");
  const said = document.querySelector(".hg-plan-said");
  if (!form) return;
  const PAUSE_MS = 350;
  let newest = 0;
  let timer = 0;
  let waiting = null;

  form.classList.add("hg-live");

  function asked() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.set(name, value);
    query.set("fragment", "1");
    return form.action + "?" + query;
  }

  async function update() {
    clearTimeout(timer);
    const mine = ++newest;
    if (waiting) waiting.abort();
    waiting = new AbortController();
    result.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(asked(), {
        headers: { Accept: "application/json" },
        signal: waiting.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (mine === newest) show(found);
    } catch {
      if (mine === newest) said.textContent = form.dataset.failed;
    }
    if (mine === newest) result.removeAttribute("aria-busy");
  }

  function show(found) {
    const open = new Set([...result.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    const box = result.querySelector(".hg-ways-box");
    const across = box ? box.scrollLeft : 0;
    result.innerHTML = found.result; // escaped by the server, part by part
    for (const one of result.querySelectorAll("details")) one.open = open.has(one.dataset.key);
    const after = result.querySelector(".hg-ways-box");
    if (after) after.scrollLeft = across;
    for (const [name, html] of Object.entries(found.notes)) note(name, html);
    form.querySelector(".hg-strangers").innerHTML = found.strangers;
    form.elements.option.value = found.option;
    if (said.textContent !== found.said) said.textContent = found.said;
    window.history.replaceState(null, "", found.address);
    for (const link of document.querySelectorAll("a[data-lang]")) {
      const other = new URL(found.address, window.location.href);
      other.searchParams.set("lang", link.dataset.lang);
      link.href = other.href;
    }
  }

  function note(name, html) {
    const place = document.getElementById("note-" + name);
    if (place.innerHTML !== html) place.innerHTML = html;
    const field = document.getElementById("i-" + name);
    if (!field) return;
    if (place.querySelector(".hg-problem")) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(update, event.target.type === "text" ? PAUSE_MS : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    update();
  });
  result.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-option]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    form.elements.option.value = link.dataset.option;
    await update();
    const way = document.getElementById("way");
    way.tabIndex = -1;
    way.focus({ preventScroll: true });
    way.scrollIntoView({ block: "start" });
  });
})();
